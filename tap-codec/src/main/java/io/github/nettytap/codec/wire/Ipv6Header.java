/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An IPv6 header, and the walk over the extension headers behind it.
 *
 * <pre>
 *  byte 0 (bits)                         4                6             7           8          24            40
 * +---+---------------+--------------+----------------+-------------+-----------+----------+-------------+
 * | 6 | traffic class |  flow label  | payload length | next header | hop limit |  source  | destination |
 * +---+---------------+--------------+----------------+-------------+-----------+----------+-------------+
 *
 *  an extension header
 * +-------------+-------------------------+----------------------+
 * | next header | length in 8 bytes, - 1  |  data ...            |
 * +-------------+-------------------------+----------------------+
 * </pre>
 *
 * <p>The walk passes hop-by-hop options, routing headers and destination options, as the kernel does for segmentation
 * offload ({@code INET6_PROTO_GSO_EXTHDR}). It stops at everything else, also at a fragment header, behind which there
 * may be no transport header, and at an authentication header, which covers what an offload would change.
 *
 * <p>Source: RFC 8200, sections 3 and 4.
 */
public final class Ipv6Header {

    /** The length of the header without extension headers. */
    public static final int LENGTH = 40;

    /** {@code NEXTHDR_HOP}. */
    public static final int NEXT_HOP_BY_HOP = 0;

    /** {@code NEXTHDR_ROUTING}. */
    public static final int NEXT_ROUTING = 43;

    /** {@code NEXTHDR_FRAGMENT}. */
    public static final int NEXT_FRAGMENT = 44;

    /** {@code NEXTHDR_ICMP}. */
    public static final int NEXT_ICMPV6 = 58;

    /** {@code NEXTHDR_NONE}. */
    public static final int NEXT_NONE = 59;

    /** {@code NEXTHDR_DEST}. */
    public static final int NEXT_DESTINATION = 60;

    /** The length of an address. */
    public static final int ADDRESS_LENGTH = 16;

    /** Where the payload length is in the header. */
    public static final int PAYLOAD_LENGTH_OFFSET = 4;

    /** Where the next header is in the header, and behind it the hop limit. */
    public static final int NEXT_HEADER_OFFSET = 6;

    /** Where the source address is in the header, and behind it the destination. */
    public static final int SOURCE_OFFSET = 8;

    /** Where the segments left are in a routing header. */
    public static final int ROUTING_SEGMENTS_LEFT_OFFSET = 3;

    private static final int HOP_LIMIT = 7;
    private static final int DESTINATION = 24;

    private Ipv6Header() {}

    /**
     * Proves that the accessors are safe and that {@link #payloadLength(ByteBuf, int)} stays within the frame.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param limit the index behind the last byte of the frame
     * @return {@value #LENGTH}, or {@link Wire#MALFORMED}
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        if (limit - index < LENGTH || buffer.getUnsignedByte(index) >>> 4 != 6) {
            return Wire.MALFORMED;
        }
        return buffer.getUnsignedShort(index + PAYLOAD_LENGTH_OFFSET) <= limit - index - LENGTH
                ? LENGTH
                : Wire.MALFORMED;
    }

    /**
     * Walks the extension headers to the transport header.
     *
     * @param buffer the buffer
     * @param index the index of the IPv6 header, which was checked
     * @param limit the index behind the last byte of the frame
     * @return what {@link #transportOffset(int)} and {@link #transportProtocol(int)} take apart, or {@link
     *     Wire#MALFORMED} if the frame ends within its extension headers
     */
    public static int transport(ByteBuf buffer, int index, int limit) {
        int offset = LENGTH;
        int next = buffer.getUnsignedByte(index + NEXT_HEADER_OFFSET);
        while (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION) {
            if (limit - index - offset < 8) {
                return Wire.MALFORMED;
            }
            next = buffer.getUnsignedByte(index + offset);
            offset += buffer.getUnsignedByte(index + offset + 1) + 1 << 3;
            if (offset > limit - index) {
                return Wire.MALFORMED;
            }
        }
        return offset << Byte.SIZE | next;
    }

    /**
     * The first half of what {@link #transport(ByteBuf, int, int)} found.
     *
     * @param transport its result, not {@link Wire#MALFORMED}
     * @return the length of the IPv6 header with its extension headers
     */
    public static int transportOffset(int transport) {
        return transport >>> Byte.SIZE;
    }

    /**
     * The second half of what {@link #transport(ByteBuf, int, int)} found.
     *
     * @param transport its result, not {@link Wire#MALFORMED}
     * @return the protocol behind the last extension header that was passed
     */
    public static int transportProtocol(int transport) {
        return transport & 0xff;
    }

    /** {@return the traffic class, which is the octet of DSCP and ECN} */
    public static int trafficClass(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index) >>> 4 & 0xff;
    }

    /**
     * Reads the flow label.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @return the 20 bits
     */
    public static int flowLabel(ByteBuf buffer, int index) {
        return buffer.getInt(index) & 0xf_ffff;
    }

    /**
     * The index of the source address, 16 bytes long.
     *
     * @param index the index of the header
     * @return the index of its first byte
     */
    public static int sourceIndex(int index) {
        return index + SOURCE_OFFSET;
    }

    /**
     * The index of the destination address, 16 bytes long.
     *
     * @param index the index of the header
     * @return the index of its first byte
     */
    public static int destinationIndex(int index) {
        return index + DESTINATION;
    }

    /** {@return the length of what follows the header, extension headers included} */
    public static int payloadLength(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + PAYLOAD_LENGTH_OFFSET);
    }

    /** Writes the length of what follows the header, extension headers included. */
    public static void payloadLength(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + PAYLOAD_LENGTH_OFFSET, value);
    }

    /** {@return the protocol of the first header behind this one} */
    public static int nextHeader(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + NEXT_HEADER_OFFSET);
    }

    /** Writes the protocol of the first header behind this one. */
    public static void nextHeader(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + NEXT_HEADER_OFFSET, value);
    }

    /** {@return the hop limit} */
    public static int hopLimit(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + HOP_LIMIT);
    }

    /** Writes the hop limit. */
    public static void hopLimit(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + HOP_LIMIT, value);
    }
}
