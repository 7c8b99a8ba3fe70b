/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * {@code struct ifreq} (linux/if.h), as the TUN/TAP ioctls and SIOC[GS]IFHWADDR use it.
 *
 * <pre>
 *  0 .. 15   ifr_name, NUL-terminated: at most 15 bytes of name
 * 16 .. 17   ifr_flags (TUNSETIFF, TUNSETQUEUE), or the address family (SIOC[GS]IFHWADDR)
 * 18 .. 23   the MAC address (SIOC[GS]IFHWADDR)
 *    .. 39   rest of the union
 * </pre>
 *
 * <p>The kernel writes into it, so one is made for each call.
 */
public final class IfReq {

    public static final int SIZE = 40;
    public static final int NAME_SIZE = 16;

    private static final int UNION = NAME_SIZE;
    private static final int HARDWARE_ADDRESS = UNION + 2;
    private static final int ARPHRD_ETHER = 1;

    private final ByteBuffer memory = Structs.allocate(SIZE);

    public IfReq() {}

    public IfReq(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= NAME_SIZE) {
            throw new IllegalArgumentException("interface name does not fit: name=" + name + ", bytes=" + bytes.length
                    + " (expected: at most 15)");
        }
        for (int i = 0; i < bytes.length; i++) {
            memory.put(i, bytes[i]);
        }
    }

    public ByteBuffer memory() {
        return memory;
    }

    public String name() {
        return nameIn(memory);
    }

    /** The NUL-terminated interface name at the start of a buffer. */
    public static String nameIn(ByteBuffer buffer) {
        byte[] bytes = new byte[NAME_SIZE];
        int length = 0;
        while (length < NAME_SIZE && buffer.get(length) != 0) {
            bytes[length] = buffer.get(length);
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    public int flags() {
        return memory.getShort(UNION) & 0xffff;
    }

    public IfReq flags(int flags) {
        memory.putShort(UNION, (short) flags);
        return this;
    }

    public byte[] hardwareAddress() {
        byte[] octets = new byte[6];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = memory.get(HARDWARE_ADDRESS + i);
        }
        return octets;
    }

    public IfReq hardwareAddress(byte[] octets) {
        memory.putShort(UNION, (short) ARPHRD_ETHER);
        for (int i = 0; i < octets.length; i++) {
            memory.put(HARDWARE_ADDRESS + i, octets[i]);
        }
        return this;
    }
}
