/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An ICMP message for IPv4.
 *
 * <pre>
 *  byte 0      1        2            4              6                 8
 * +--------+--------+------------+--------------+-----------------+-------------------
 * |  type  |  code  |  checksum  |  identifier  | sequence number | data ...             echo
 * +--------+--------+------------+--------------+-----------------+-------------------
 * |  type  |  code  |  checksum  |   (length)   | next-hop MTU    | IPv4 header + data   errors
 * +--------+--------+------------+--------------+-----------------+-------------------
 * </pre>
 *
 * <p>The checksum covers the message alone: there is no pseudo header.
 *
 * <p>Source: RFC 792; RFC 1191, section 4 for the next-hop MTU; RFC 4884 for the length.
 */
public final class Icmpv4Header extends IcmpHeader {

    /** Echo reply. */
    public static final int ECHO_REPLY = 0;

    /** Destination unreachable. */
    public static final int DESTINATION_UNREACHABLE = 3;

    /** Redirect. */
    public static final int REDIRECT = 5;

    /** Echo request. */
    public static final int ECHO_REQUEST = 8;

    /** Time exceeded. */
    public static final int TIME_EXCEEDED = 11;

    /** Parameter problem. */
    public static final int PARAMETER_PROBLEM = 12;

    /** Destination unreachable: no route. */
    public static final int CODE_NET_UNREACHABLE = 0;

    /** Destination unreachable: the host does not answer. */
    public static final int CODE_HOST_UNREACHABLE = 1;

    /** Destination unreachable: no such protocol. */
    public static final int CODE_PROTOCOL_UNREACHABLE = 2;

    /** Destination unreachable: nobody listens. */
    public static final int CODE_PORT_UNREACHABLE = 3;

    /** Destination unreachable: too big for the next hop, and not to be fragmented. */
    public static final int CODE_FRAGMENTATION_NEEDED = 4;

    /** Destination unreachable: forbidden by a rule. */
    public static final int CODE_ADMINISTRATIVELY_PROHIBITED = 13;

    private static final int NEXT_HOP_MTU = 6;

    private Icmpv4Header() {}

    /**
     * Computes the checksum and writes it.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param length the length of the whole message
     */
    public static void updateChecksum(ByteBuf buffer, int index, int length) {
        checksum(buffer, index, 0);
        checksum(buffer, index, InternetChecksum.complement(InternetChecksum.sum(buffer, index, length)));
    }

    /**
     * Tells whether the checksum is right.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param length the length of the whole message
     * @return true if it is
     */
    public static boolean isChecksumValid(ByteBuf buffer, int index, int length) {
        return InternetChecksum.sum(buffer, index, length) == 0xffff;
    }

    /** {@return the next-hop MTU, where fragmentation is needed} */
    public static int mtu(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + NEXT_HOP_MTU);
    }

    /** Writes the next-hop MTU, where fragmentation is needed. */
    public static void mtu(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + NEXT_HOP_MTU, value);
    }
}
