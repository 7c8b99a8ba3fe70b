/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An IPv4 header with its options.
 *
 * <pre>
 *  byte 0         1           2                   4              6 (bits)             8       9          10         12
 * +----+-----+------+----+------------------+----------------+-+--+--+-----------+-----+----------+-----------+
 * | 4  | IHL | DSCP | ECN|   total length   | identification |0|DF|MF|  offset   | TTL | protocol | checksum  |
 * +----+-----+------+----+------------------+----------------+-+--+--+-----------+-----+----------+-----------+
 * 12                 16                  20              4 * IHL
 * +------------------+-------------------+-------------------+
 * |      source      |    destination    | options (0 to 40) |
 * +------------------+-------------------+-------------------+
 * </pre>
 *
 * <p>The total length says where the datagram ends: what follows it in a frame is padding.
 *
 * <p>Source: RFC 791, section 3.1; RFC 3168 for the ECN bits.
 */
public final class Ipv4Header {

    /** The length of a header without options. */
    public static final int MIN_LENGTH = 20;

    /** The DF bit of {@link #fragment(ByteBuf, int)}. */
    public static final int DONT_FRAGMENT = 0x4000;

    /** The MF bit of {@link #fragment(ByteBuf, int)}. */
    public static final int MORE_FRAGMENTS = 0x2000;

    /** The fragment offset, in units of 8 bytes, of {@link #fragment(ByteBuf, int)}. */
    public static final int FRAGMENT_OFFSET_MASK = 0x1fff;

    /** The ECN bits of {@link #typeOfService(ByteBuf, int)}. */
    public static final int ECN_MASK = 0x03;

    /** {@code IPPROTO_ICMP}. */
    public static final int PROTOCOL_ICMP = 1;

    /** {@code IPPROTO_TCP}. */
    public static final int PROTOCOL_TCP = 6;

    /** {@code IPPROTO_UDP}. */
    public static final int PROTOCOL_UDP = 17;

    /** Where the total length is in the header. */
    public static final int TOTAL_LENGTH_OFFSET = 2;

    /** Where the identification is in the header. */
    public static final int IDENTIFICATION_OFFSET = 4;

    /** Where the flags and the fragment offset are in the header. */
    public static final int FRAGMENT_OFFSET = 6;

    /** Where the checksum is in the header. */
    public static final int CHECKSUM_OFFSET = 10;

    /** Where the source address is in the header, and behind it the destination. */
    public static final int SOURCE_OFFSET = 12;

    private static final int TOS = 1;
    private static final int TTL = 8;
    private static final int PROTOCOL = 9;
    private static final int DESTINATION = 16;

    private Ipv4Header() {}

    /**
     * Proves that the accessors are safe and that {@link #totalLength(ByteBuf, int)} covers the header and stays within
     * the frame.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param limit the index behind the last byte of the frame
     * @return the length of the header with its options, or {@link Wire#MALFORMED}
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        if (limit - index < MIN_LENGTH) {
            return Wire.MALFORMED;
        }
        int first = buffer.getUnsignedByte(index);
        int length = (first & 0xf) << 2;
        int totalLength = buffer.getUnsignedShort(index + TOTAL_LENGTH_OFFSET);
        boolean fits = length >= MIN_LENGTH && length <= totalLength && totalLength <= limit - index;
        return first >>> 4 == 4 && fits ? length : Wire.MALFORMED;
    }

    /**
     * Reads the length of the header.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @return the length with options, in bytes
     */
    public static int headerLength(ByteBuf buffer, int index) {
        return (buffer.getByte(index) & 0xf) << 2;
    }

    /**
     * Tells whether the datagram is a fragment, the first one included.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @return true if more fragments follow or the offset is not zero
     */
    public static boolean isFragment(ByteBuf buffer, int index) {
        return (buffer.getShort(index + FRAGMENT_OFFSET) & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) != 0;
    }

    /** Computes the header checksum and writes it. */
    public static void updateChecksum(ByteBuf buffer, int index) {
        checksum(buffer, index, 0);
        checksum(
                buffer,
                index,
                InternetChecksum.complement(InternetChecksum.sum(buffer, index, headerLength(buffer, index))));
    }

    /** {@return the octet of DSCP and ECN} */
    public static int typeOfService(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + TOS);
    }

    /** Writes the octet of DSCP and ECN. */
    public static void typeOfService(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + TOS, value);
    }

    /** {@return the length of the datagram, header included} */
    public static int totalLength(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + TOTAL_LENGTH_OFFSET);
    }

    /** Writes the length of the datagram, header included. */
    public static void totalLength(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + TOTAL_LENGTH_OFFSET, value);
    }

    /** {@return the identification} */
    public static int identification(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + IDENTIFICATION_OFFSET);
    }

    /** Writes the identification. */
    public static void identification(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + IDENTIFICATION_OFFSET, value);
    }

    /** {@return the fragmentation flags and offset} */
    public static int fragment(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + FRAGMENT_OFFSET);
    }

    /** Writes the fragmentation flags and offset. */
    public static void fragment(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + FRAGMENT_OFFSET, value);
    }

    /** {@return the time to live} */
    public static int timeToLive(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + TTL);
    }

    /** Writes the time to live. */
    public static void timeToLive(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + TTL, value);
    }

    /** {@return the protocol of the payload} */
    public static int protocol(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + PROTOCOL);
    }

    /** Writes the protocol of the payload. */
    public static void protocol(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + PROTOCOL, value);
    }

    /** {@return the header checksum} */
    public static int checksum(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + CHECKSUM_OFFSET);
    }

    /** Writes the header checksum. */
    public static void checksum(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + CHECKSUM_OFFSET, value);
    }

    /** {@return the source address} */
    public static int source(ByteBuf buffer, int index) {
        return buffer.getInt(index + SOURCE_OFFSET);
    }

    /** Writes the source address. */
    public static void source(ByteBuf buffer, int index, int value) {
        buffer.setInt(index + SOURCE_OFFSET, value);
    }

    /** {@return the destination address} */
    public static int destination(ByteBuf buffer, int index) {
        return buffer.getInt(index + DESTINATION);
    }

    /** Writes the destination address. */
    public static void destination(ByteBuf buffer, int index, int value) {
        buffer.setInt(index + DESTINATION, value);
    }
}
