/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * The messages of IPv6 neighbor discovery; their options are {@link NeighborOption}s.
 *
 * <pre>
 *  byte 0      1        2            4                   8                    24               40
 * +--------+--------+------------+-------------------+--------------------+----------------+----------
 * |  133   |   0    |  checksum  |     reserved      | options ...                                       router solicitation
 * +--------+--------+------------+----+--+-----------+---------+---------++
 * |  134   |   0    |  checksum  |hops|MO| lifetime  |reachable|retransmit| options ...                  router advertisement
 * +--------+--------+------------+----+--+-----------+---------+---------++-------------
 * |  135   |   0    |  checksum  |     reserved      |       target       | options ...                  neighbor solicitation
 * +--------+--------+------------+-------------------+--------------------+-------------
 * |  136   |   0    |  checksum  |RSO    reserved    |       target       | options ...                  neighbor advertisement
 * +--------+--------+------------+-------------------+--------------------+----------------+----------
 * |  137   |   0    |  checksum  |     reserved      |       target       |  destination   | options     redirect
 * +--------+--------+------------+-------------------+--------------------+----------------+----------
 * </pre>
 *
 * <p>A message that did not come with a hop limit of {@value #HOP_LIMIT} has crossed a router and is not to be
 * believed.
 *
 * <p>Source: RFC 4861, section 4.
 */
public final class NeighborDiscovery {

    /** The hop limit of each message. */
    public static final int HOP_LIMIT = 255;

    /** Router solicitation. */
    public static final int ROUTER_SOLICITATION = 133;

    /** Router advertisement. */
    public static final int ROUTER_ADVERTISEMENT = 134;

    /** Neighbor solicitation. */
    public static final int NEIGHBOR_SOLICITATION = 135;

    /** Neighbor advertisement. */
    public static final int NEIGHBOR_ADVERTISEMENT = 136;

    /** Redirect. */
    public static final int REDIRECT = 137;

    /** In the flags of a neighbor advertisement: the sender is a router. */
    public static final int FLAG_ROUTER = 0x80;

    /** In the flags of a neighbor advertisement: it answers a solicitation. */
    public static final int FLAG_SOLICITED = 0x40;

    /** In the flags of a neighbor advertisement: it replaces what is known. */
    public static final int FLAG_OVERRIDE = 0x20;

    /** In the flags of a router advertisement: addresses come by DHCPv6. */
    public static final int FLAG_MANAGED = 0x80;

    /** In the flags of a router advertisement: other settings come by DHCPv6. */
    public static final int FLAG_OTHER = 0x40;

    private static final int FLAGS = 4;
    private static final int ROUTER_FLAGS = 5;
    private static final int ROUTER_LIFETIME = 6;
    private static final int REACHABLE_TIME = 8;
    private static final int RETRANSMIT_TIMER = 12;
    private static final int TARGET = 8;
    private static final int DESTINATION = 24;

    private NeighborDiscovery() {}

    /**
     * Proves that the accessors of the message's own type are safe, and tells where its options start.
     *
     * @param buffer the buffer
     * @param index the index of the ICMPv6 header
     * @param limit the index behind the last byte of the message
     * @return the length before the options, or {@link Wire#MALFORMED} if it is none of these messages
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        if (limit - index < Icmpv6Header.LENGTH) {
            return Wire.MALFORMED;
        }
        int length;
        switch (Icmpv6Header.type(buffer, index)) {
            case ROUTER_SOLICITATION:
                length = 8;
                break;
            case ROUTER_ADVERTISEMENT:
                length = 16;
                break;
            case NEIGHBOR_SOLICITATION:
            case NEIGHBOR_ADVERTISEMENT:
                length = 24;
                break;
            case REDIRECT:
                length = 40;
                break;
            default:
                return Wire.MALFORMED;
        }
        return limit - index >= length ? length : Wire.MALFORMED;
    }

    /**
     * The index of the target address, 16 bytes long, of a solicitation, advertisement or redirect.
     *
     * @param index the index of the header
     * @return the index of its first byte
     */
    public static int targetIndex(int index) {
        return index + TARGET;
    }

    /**
     * The index of the destination address, 16 bytes long, of a redirect.
     *
     * @param index the index of the header
     * @return the index of its first byte
     */
    public static int destinationIndex(int index) {
        return index + DESTINATION;
    }

    /** {@return the flags of a neighbor advertisement} */
    public static int flags(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + FLAGS);
    }

    /** Writes the flags of a neighbor advertisement. */
    public static void flags(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + FLAGS, value);
    }

    /** {@return the hop limit that a router advertises} */
    public static int currentHopLimit(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + FLAGS);
    }

    /** Writes the hop limit that a router advertises. */
    public static void currentHopLimit(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + FLAGS, value);
    }

    /** {@return the flags of a router advertisement} */
    public static int routerFlags(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + ROUTER_FLAGS);
    }

    /** Writes the flags of a router advertisement. */
    public static void routerFlags(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + ROUTER_FLAGS, value);
    }

    /** {@return the seconds for which a router is a default router} */
    public static int routerLifetime(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + ROUTER_LIFETIME);
    }

    /** Writes the seconds for which a router is a default router. */
    public static void routerLifetime(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + ROUTER_LIFETIME, value);
    }

    /** {@return the milliseconds for which a neighbor counts as reachable, that a router advertises} */
    public static long reachableTime(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + REACHABLE_TIME);
    }

    /** Writes the milliseconds for which a neighbor counts as reachable, that a router advertises. */
    public static void reachableTime(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + REACHABLE_TIME, (int) value);
    }

    /** {@return the milliseconds between solicitations, that a router advertises} */
    public static long retransmitTimer(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + RETRANSMIT_TIMER);
    }

    /** Writes the milliseconds between solicitations, that a router advertises. */
    public static void retransmitTimer(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + RETRANSMIT_TIMER, (int) value);
    }
}
