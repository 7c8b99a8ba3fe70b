/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An ICMPv6 message. Those of neighbor discovery go on as {@link NeighborDiscovery}.
 *
 * <pre>
 *  byte 0      1        2            4              6                 8
 * +--------+--------+------------+--------------+-----------------+-------------------
 * |  type  |  code  |  checksum  |  identifier  | sequence number | data ...             echo
 * +--------+--------+------------+--------------+-----------------+-------------------
 * |  type  |  code  |  checksum  |    MTU, pointer or unused      | IPv6 header + data   errors
 * +--------+--------+------------+--------------------------------+-------------------
 * </pre>
 *
 * <p>The checksum covers a pseudo header too. Types below 128 are errors.
 *
 * <p>Source: RFC 4443, sections 2 to 4.
 */
public final class Icmpv6Header extends IcmpHeader {

    /** Destination unreachable. */
    public static final int DESTINATION_UNREACHABLE = 1;

    /** Packet too big for the next hop. */
    public static final int PACKET_TOO_BIG = 2;

    /** Time exceeded. */
    public static final int TIME_EXCEEDED = 3;

    /** Parameter problem. */
    public static final int PARAMETER_PROBLEM = 4;

    /** Echo request. */
    public static final int ECHO_REQUEST = 128;

    /** Echo reply. */
    public static final int ECHO_REPLY = 129;

    /** Multicast listener query (RFC 2710, RFC 3810). */
    public static final int MULTICAST_LISTENER_QUERY = 130;

    /** Multicast listener report of version 1 (RFC 2710). */
    public static final int MULTICAST_LISTENER_REPORT = 131;

    /** Multicast listener done (RFC 2710). */
    public static final int MULTICAST_LISTENER_DONE = 132;

    /** Multicast listener report of version 2 (RFC 3810). */
    public static final int MULTICAST_LISTENER_REPORT_V2 = 143;

    /** Destination unreachable: no route. */
    public static final int CODE_NO_ROUTE = 0;

    /** Destination unreachable: forbidden by a rule. */
    public static final int CODE_ADMINISTRATIVELY_PROHIBITED = 1;

    /** Destination unreachable: the host does not answer. */
    public static final int CODE_ADDRESS_UNREACHABLE = 3;

    /** Destination unreachable: nobody listens. */
    public static final int CODE_PORT_UNREACHABLE = 4;

    private Icmpv6Header() {}

    /**
     * Tells whether a message reports an error: about such, no error may be reported in turn.
     *
     * @param type the type
     * @return true below 128
     */
    public static boolean isError(int type) {
        return type < ECHO_REQUEST;
    }

    /**
     * Computes the checksum and writes it.
     *
     * @param buffer the buffer
     * @param ipIndex the index of the IPv6 header
     * @param index the index of the ICMPv6 header
     * @param length the length of the whole message
     */
    public static void updateChecksum(ByteBuf buffer, int ipIndex, int index, int length) {
        checksum(buffer, index, 0);
        checksum(buffer, index, InternetChecksum.complement(sum(buffer, ipIndex, index, length)));
    }

    /**
     * Tells whether the checksum is right.
     *
     * @param buffer the buffer
     * @param ipIndex the index of the IPv6 header
     * @param index the index of the ICMPv6 header
     * @param length the length of the whole message
     * @return true if it is
     */
    public static boolean isChecksumValid(ByteBuf buffer, int ipIndex, int index, int length) {
        return sum(buffer, ipIndex, index, length) == 0xffff;
    }

    private static int sum(ByteBuf buffer, int ipIndex, int index, int length) {
        int pseudo = InternetChecksum.pseudoHeaderV6(buffer, ipIndex, Ipv6Header.NEXT_ICMPV6, length);
        return InternetChecksum.sum(buffer, index, length, pseudo);
    }

    /** {@return the MTU of the next hop, where a packet is too big} */
    public static long mtu(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + REST);
    }

    /** Writes the MTU of the next hop, where a packet is too big. */
    public static void mtu(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + REST, (int) value);
    }

    /** {@return where in the packet the problem is, of a parameter problem} */
    public static long pointer(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + REST);
    }

    /** Writes where in the packet the problem is, of a parameter problem. */
    public static void pointer(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + REST, (int) value);
    }
}
