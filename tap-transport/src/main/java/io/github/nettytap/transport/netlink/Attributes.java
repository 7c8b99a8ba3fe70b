/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The attributes of one received message or nest, by type. A malformed tail ends the list; nothing is read beyond it.
 */
final class Attributes {

    private static final int HEADER = 4;
    private static final int TYPE_MASK = 0x3fff;

    private final Map<Integer, ByteBuffer> values = new HashMap<>();

    private Attributes() {}

    /** Reads from an absolute index of the buffer to its limit. */
    static Attributes parse(ByteBuffer buffer, int index) {
        Attributes result = new Attributes();
        int position = index;
        while (position + HEADER <= buffer.limit()) {
            int length = buffer.getShort(position) & 0xffff;
            if (length < HEADER || position + length > buffer.limit()) {
                break;
            }
            int type = buffer.getShort(position + 2) & TYPE_MASK;
            ByteBuffer value = buffer.slice(position + HEADER, length - HEADER).order(buffer.order());
            result.values.put(type, value);
            position += (length + 3) & ~3;
        }
        return result;
    }

    boolean has(int type) {
        return values.containsKey(type);
    }

    int u8(int type, int absent) {
        ByteBuffer value = values.get(type);
        return value == null || value.limit() < 1 ? absent : value.get(0) & 0xff;
    }

    int u32(int type, int absent) {
        ByteBuffer value = values.get(type);
        return value == null || value.limit() < Integer.BYTES ? absent : value.getInt(0);
    }

    String string(int type) {
        byte[] bytes = bytes(type);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** The value as octets, empty where there is none. */
    byte[] bytes(int type) {
        ByteBuffer value = values.get(type);
        if (value == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[value.limit()];
        value.duplicate().get(bytes);
        return bytes;
    }

    /** The value as an address, or null where it is none. An IPv4-mapped one stays IPv6, as its family says. */
    InetAddress address(int type) {
        byte[] octets = bytes(type);
        try {
            return octets.length == 16 ? Inet6Address.getByAddress(null, octets, -1) : InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** The value itself, or null. */
    ByteBuffer value(int type) {
        return values.get(type);
    }

    /** The attributes inside an attribute; none where there is none. */
    Attributes nested(int type) {
        ByteBuffer value = values.get(type);
        return value == null ? new Attributes() : parse(value, 0);
    }
}
