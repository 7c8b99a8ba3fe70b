/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.util.Random;

/**
 * Builds frames for tests: TCP or UDP, IPv4 or IPv6, tags, options and extension headers as asked.
 *
 * <pre>{@code
 * Frames frames = Frames.udp4().data("hello".getBytes(UTF_8));
 * frames.destinationPort = 7;
 * ByteBuf frame = frames.frame();
 * }</pre>
 *
 * <p>From 52:54:00:00:00:02 to 52:54:00:00:00:01, and from 10.77.0.1 to 10.77.0.2 or fd77::1 to fd77::2. Buffers belong
 * to the caller. Not thread-safe.
 */
public final class Frames implements Cloneable {

    /** Whether the packet is IPv6; IPv4 otherwise. */
    public boolean v6;
    /** Whether it is UDP; TCP otherwise. */
    public boolean udp;
    /**
     * Tag control information of the VLAN tags, the outermost first; the last has TPID 0x8100, those before it 0x88a8.
     */
    public int[] tags = {};
    /** IPv4 options, a multiple of 4 bytes. */
    public byte[] ipOptions = {};
    /** An IPv6 extension header, a multiple of 8 bytes; its first two are filled in. */
    public byte[] extensions = {};
    /** The next-header value of the extension header; 60 is destination options. */
    public int extensionType = 60;
    /** TCP options, a multiple of 4 bytes. */
    public byte[] tcpOptions = {};
    /** The length of the payload in bytes. */
    public int payload = 100;
    /** What the random payload is made from. */
    public int payloadSeed = 1;
    /** The TCP flags; 0x10 is ACK. */
    public int tcpFlags = 0x10;
    /** The TCP sequence number. */
    public int sequence = 1_000;
    /** The TCP acknowledgment number. */
    public int acknowledgment = 77;
    /** The TCP window. */
    public int window = 500;
    /** The source port. */
    public int sourcePort = 40_000;
    /** The destination port. */
    public int destinationPort = 80;
    /** The IPv4 identification. */
    public int identification = 7;
    /** Flags and fragment offset of IPv4; 0x4000 is DF. */
    public int fragment = 0x4000;
    /** The type of service or traffic class. */
    public int tos;
    /** The time to live or hop limit. */
    public int ttl = 64;
    /** The IPv6 flow label. */
    public int flowLabel = 5;
    /** The last byte of the destination address. */
    public int lastAddressByte = 2;
    /** Whether the TCP or UDP checksum is that of the pseudo-header alone, for the other end to complete. */
    public boolean partial;
    /** Whether the UDP checksum is zero, which means none. */
    public boolean zeroUdpChecksum;

    private byte[] data;

    /** TCP over IPv4, as {@link #tcp4}. */
    public Frames() {}

    /**
     * TCP over IPv4, with ACK set and 100 bytes of payload.
     *
     * @return a builder
     */
    public static Frames tcp4() {
        return new Frames();
    }

    /**
     * TCP over IPv6, with ACK set and 100 bytes of payload.
     *
     * @return a builder
     */
    public static Frames tcp6() {
        Frames frames = new Frames();
        frames.v6 = true;
        return frames;
    }

    /**
     * UDP over IPv4, with 100 bytes of payload.
     *
     * @return a builder
     */
    public static Frames udp4() {
        Frames frames = new Frames();
        frames.udp = true;
        return frames;
    }

    /**
     * UDP over IPv6, with 100 bytes of payload.
     *
     * @return a builder
     */
    public static Frames udp6() {
        Frames frames = udp4();
        frames.v6 = true;
        return frames;
    }

    /**
     * Where the IP header starts.
     *
     * @return its offset in the frame
     */
    public int networkOffset() {
        return 14 + 4 * tags.length;
    }

    /**
     * Where the TCP or UDP header starts.
     *
     * @return its offset in the frame
     */
    public int transportOffset() {
        return networkOffset() + (v6 ? 40 + extensions.length : 20 + ipOptions.length);
    }

    /**
     * The length of all headers.
     *
     * @return the offset of the payload in the frame
     */
    public int headers() {
        return transportOffset() + (udp ? 8 : 20 + tcpOptions.length);
    }

    /**
     * The frame alone, with complete checksums unless {@link #partial} ones are asked for.
     *
     * @return a direct buffer
     */
    public ByteBuf frame() {
        ByteBuf frame = Unpooled.directBuffer(headers() + payload);
        appendTo(frame);
        return frame;
    }

    /**
     * A virtio-net header of zeros, then the frame.
     *
     * @param headerLength the length of the header in bytes
     * @return a direct buffer
     */
    public ByteBuf packet(int headerLength) {
        ByteBuf packet = Unpooled.directBuffer(headerLength + headers() + payload);
        packet.writeZero(headerLength);
        appendTo(packet);
        return packet;
    }

    /**
     * A GSO frame with its virtio-net header.
     *
     * @param headerLength the length of the header in bytes
     * @param gsoSize the length of the payload of each segment
     * @return a direct buffer
     */
    public ByteBuf gsoFrame(int headerLength, int gsoSize) {
        partial = true;
        ByteBuf packet = packet(headerLength);
        int type = udp ? 5 : v6 ? 4 : 1;
        boolean ecn = !udp && (tcpFlags & 0x80) != 0;
        packet.setByte(0, 1).setByte(1, ecn ? type | 0x80 : type);
        packet.setShortLE(2, headers()).setShortLE(4, gsoSize);
        packet.setShortLE(6, transportOffset()).setShortLE(8, udp ? 6 : 16);
        return packet;
    }

    private void appendTo(ByteBuf frame) {
        int index = frame.writerIndex();
        frame.writeBytes(new byte[] {0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2});
        for (int i = 0; i < tags.length; i++) {
            frame.writeShort(i < tags.length - 1 ? 0x88a8 : 0x8100);
            frame.writeShort(tags[i]);
        }
        int transportLength = headers() - transportOffset() + payload;
        if (v6) {
            appendIpv6(frame, transportLength);
        } else {
            appendIpv4(frame, transportLength);
        }
        int transport = index + transportOffset();
        if (udp) {
            frame.writeShort(sourcePort)
                    .writeShort(destinationPort)
                    .writeShort(transportLength)
                    .writeShort(0);
        } else {
            frame.writeShort(sourcePort)
                    .writeShort(destinationPort)
                    .writeInt(sequence)
                    .writeInt(acknowledgment);
            frame.writeByte(5 + tcpOptions.length / 4 << 4).writeByte(tcpFlags).writeShort(window);
            frame.writeShort(0).writeShort(0).writeBytes(tcpOptions);
        }
        frame.writeBytes(data());
        writeChecksum(frame, index + networkOffset(), transport, transportLength);
    }

    /**
     * The payload, random but always the same for one seed.
     *
     * @return its bytes
     */
    public byte[] data() {
        if (data != null) {
            return data;
        }
        byte[] random = new byte[payload];
        new Random(payloadSeed).nextBytes(random);
        return random;
    }

    /**
     * Sets the payload.
     *
     * @param bytes the payload
     * @return this
     */
    public Frames data(byte[] bytes) {
        data = bytes;
        payload = bytes.length;
        return this;
    }

    /**
     * A builder with the same settings.
     *
     * @return a copy
     */
    public Frames like() {
        try {
            return (Frames) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    private void writeChecksum(ByteBuf frame, int ip, int transport, int length) {
        int pseudo = v6 ? sum(frame, ip + 8, 32) : sum(frame, ip + 12, 8);
        pseudo = add(pseudo, add(udp ? 17 : 6, length));
        int field = transport + (udp ? 6 : 16);
        if (partial) {
            frame.setShort(field, pseudo);
        } else if (!udp || !zeroUdpChecksum) {
            int checksum = ~add(pseudo, sum(frame, transport, length)) & 0xffff;
            frame.setShort(field, udp && checksum == 0 ? 0xffff : checksum);
        }
    }

    /**
     * The sum of RFC 1071, byte by byte: what faster ones are compared with.
     *
     * @param buffer what to sum up
     * @param index the first byte
     * @param length how many bytes
     * @return the ones' complement sum of 16-bit words, big-endian
     */
    public static int sum(ByteBuf buffer, int index, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            int octet = buffer.getUnsignedByte(index + i);
            sum = add(sum, i % 2 == 0 ? octet << 8 : octet);
        }
        return sum;
    }

    private static int add(int a, int b) {
        int sum = a + b;
        return sum > 0xffff ? sum - 0xffff : sum;
    }

    private void appendIpv4(ByteBuf frame, int transportLength) {
        int ip = frame.writerIndex() + 2;
        int headerLength = 20 + ipOptions.length;
        frame.writeShort(0x0800);
        frame.writeByte(0x40 | headerLength / 4).writeByte(tos).writeShort(headerLength + transportLength);
        frame.writeShort(identification).writeShort(fragment).writeByte(ttl).writeByte(udp ? 17 : 6);
        frame.writeShort(0)
                .writeInt(0x0a4d0001)
                .writeInt(0x0a4d0000 | lastAddressByte)
                .writeBytes(ipOptions);
        frame.setShort(ip + 10, ~sum(frame, ip, headerLength) & 0xffff);
    }

    private void appendIpv6(ByteBuf frame, int transportLength) {
        int protocol = udp ? 17 : 6;
        frame.writeShort(0x86dd);
        frame.writeInt(6 << 28 | tos << 20 | flowLabel).writeShort(extensions.length + transportLength);
        frame.writeByte(extensions.length > 0 ? extensionType : protocol).writeByte(ttl);
        frame.writeLong(0xfd77000000000000L).writeLong(1);
        frame.writeLong(0xfd77000000000000L).writeLong(lastAddressByte);
        if (extensions.length > 0) {
            extensions[0] = (byte) protocol;
            extensions[1] = (byte) (extensions.length / 8 - 1);
            frame.writeBytes(extensions);
        }
    }
}
