/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;

/**
 * Turns pings round in place: type and checksum of the message, and the addresses of its packet. The checksum of the
 * pseudo header is the same for both directions.
 */
public final class EchoReplies {

    private static final int HOP_LIMIT = 64;

    private EchoReplies() {}

    /**
     * Makes an echo request of IPv4 a reply.
     *
     * @param buffer changed in place
     * @param icmp the index of its ICMP header
     * @param isComplete whether there is a checksum to mend: not if it was left to a card to compute
     */
    public static void turnIcmpv4(ByteBuf buffer, int icmp, boolean isComplete) {
        int before = buffer.getUnsignedShort(icmp);
        Icmpv4Header.type(buffer, icmp, Icmpv4Header.ECHO_REPLY);
        if (isComplete) {
            int sum = Icmpv4Header.checksum(buffer, icmp);
            Icmpv4Header.checksum(buffer, icmp, InternetChecksum.update(sum, before, buffer.getUnsignedShort(icmp)));
        }
    }

    /**
     * Makes an echo request of IPv6 a reply.
     *
     * @param buffer changed in place
     * @param icmp the index of its ICMPv6 header
     * @param isComplete whether there is a checksum to mend: not if it was left to a card to compute
     */
    public static void turnIcmpv6(ByteBuf buffer, int icmp, boolean isComplete) {
        int before = buffer.getUnsignedShort(icmp);
        Icmpv6Header.type(buffer, icmp, Icmpv6Header.ECHO_REPLY);
        if (isComplete) {
            int sum = Icmpv6Header.checksum(buffer, icmp);
            Icmpv6Header.checksum(buffer, icmp, InternetChecksum.update(sum, before, buffer.getUnsignedShort(icmp)));
        }
    }

    /**
     * Addresses an IPv4 packet back to its source, with a fresh time to live and a new header checksum.
     *
     * @param buffer changed in place; nothing is sent
     * @param ip the index of its IPv4 header
     */
    public static void turnIpv4(ByteBuf buffer, int ip) {
        Ipv4Packets.swapAddresses(buffer, ip);
        Ipv4Header.timeToLive(buffer, ip, Ipv4Packets.TIME_TO_LIVE);
        Ipv4Header.updateChecksum(buffer, ip);
    }

    /**
     * Addresses an IPv6 packet back to its source, with a fresh hop limit.
     *
     * @param buffer changed in place; nothing is sent
     * @param ip the index of its IPv6 header
     */
    public static void turnIpv6(ByteBuf buffer, int ip) {
        Ipv6Packets.swapAddresses(buffer, ip);
        Ipv6Header.hopLimit(buffer, ip, HOP_LIMIT);
    }
}
