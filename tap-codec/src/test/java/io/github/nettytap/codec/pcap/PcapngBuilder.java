/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.netty.buffer.Unpooled;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;

/** Builds capture files byte by byte, in either byte order, also such as no writer would make. */
final class PcapngBuilder {

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

    PcapngBuilder section(ByteOrder order, byte[]... options) {
        this.order = order;
        return block(PcapngLayout.SECTION_HEADER, bytes(16 + length(options), b -> {
            b.putInt(PcapngLayout.BYTE_ORDER_MAGIC)
                    .putShort((short) 1)
                    .putShort((short) 0)
                    .putLong(-1);
            putAll(b, options);
        }));
    }

    PcapngBuilder captureInterface(int snapLength, byte[]... options) {
        return block(PcapngLayout.INTERFACE_DESCRIPTION, bytes(8 + length(options), b -> {
            b.putShort((short) 1).putShort((short) 0).putInt(snapLength);
            putAll(b, options);
        }));
    }

    PcapngBuilder packet(int interfaceId, long ticks, int captured, String data, byte[]... options) {
        return block(PcapngLayout.ENHANCED_PACKET, bytes(20 + padded(data).length + length(options), b -> {
            b.putInt(interfaceId).putInt((int) (ticks >>> 32)).putInt((int) ticks);
            b.putInt(captured).putInt(data.length());
            b.put(padded(data));
            putAll(b, options);
        }));
    }

    PcapngBuilder packetOf(int interfaceId, long ticks, byte[] data, byte[]... options) {
        int padded = data.length + 3 & ~3;
        return block(PcapngLayout.ENHANCED_PACKET, bytes(20 + padded + length(options), b -> {
            b.putInt(interfaceId).putInt((int) (ticks >>> 32)).putInt((int) ticks);
            b.putInt(data.length).putInt(data.length);
            b.put(data).position(20 + padded);
            putAll(b, options);
        }));
    }

    PcapngBuilder simplePacket(int originalLength, String data) {
        return block(PcapngLayout.SIMPLE_PACKET, bytes(4 + padded(data).length, b -> b.putInt(originalLength)
                .put(padded(data))));
    }

    PcapngBuilder obsoletePacket(int interfaceId, long ticks, String data) {
        return block(PcapngLayout.PACKET, bytes(20 + padded(data).length, b -> {
            b.putShort((short) interfaceId).putShort((short) 5);
            b.putInt((int) (ticks >>> 32)).putInt((int) ticks);
            b.putInt(data.length()).putInt(data.length());
            b.put(padded(data));
        }));
    }

    PcapngBuilder statistics(int interfaceId, byte[]... options) {
        return block(PcapngLayout.INTERFACE_STATISTICS, bytes(12 + length(options), b -> {
            b.putInt(interfaceId).putLong(0);
            putAll(b, options);
        }));
    }

    PcapngBuilder block(int type, byte[] body) {
        return raw(bytes(
                12 + body.length,
                b -> b.putInt(type).putInt(12 + body.length).put(body).putInt(12 + body.length)));
    }

    PcapngBuilder raw(byte[] bytes) {
        file.writeBytes(bytes);
        return this;
    }

    byte[] join(byte[]... parts) {
        return bytes(length(parts), b -> putAll(b, parts));
    }

    byte[] integers(int... values) {
        return bytes(4 * values.length, b -> {
            for (int value : values) {
                b.putInt(value);
            }
        });
    }

    byte[] option(int code, byte[] value) {
        int padded = value.length + 3 & ~3;
        return bytes(
                4 + padded,
                b -> b.putShort((short) code).putShort((short) value.length).put(value));
    }

    byte[] option(int code, String value) {
        return option(code, value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] option(int code, long value) {
        return option(code, bytes(8, b -> b.putLong(value)));
    }

    byte[] option(int code, int value) {
        return option(code, bytes(4, b -> b.putInt(value)));
    }

    PcapngBuilder order(ByteOrder order) {
        this.order = order;
        return this;
    }

    byte[] toBytes() {
        return file.toByteArray();
    }

    CaptureReader read() throws IOException {
        return open(toBytes());
    }

    static CaptureReader open(byte[] bytes) throws IOException {
        return CaptureReader.open(Channels.newChannel(new ByteArrayInputStream(bytes)));
    }

    static String text(CapturedFrame frame) {
        return frame == null ? null : Unpooled.copiedBuffer(frame.data()).toString(StandardCharsets.US_ASCII);
    }

    private interface Filler {
        void fill(ByteBuffer buffer);
    }

    private byte[] bytes(int length, Filler filler) {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(order);
        filler.fill(buffer);
        return buffer.array();
    }

    private static byte[] padded(String data) {
        byte[] result = new byte[data.length() + 3 & ~3];
        System.arraycopy(data.getBytes(StandardCharsets.ISO_8859_1), 0, result, 0, data.length());
        return result;
    }

    private static int length(byte[][] options) {
        int sum = 0;
        for (byte[] option : options) {
            sum += option.length;
        }
        return sum;
    }

    private static void putAll(ByteBuffer buffer, byte[][] options) {
        for (byte[] option : options) {
            buffer.put(option);
        }
    }
}
