/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.NeighborOption;
import io.netty.buffer.ByteBuf;

/** A neighbor advertisement with the target's MAC address: RFC 4861, section 4.4. */
public final class NeighborAdvertisement {

    private static final int OPTION = 24;
    private static final int MESSAGE_LENGTH = OPTION + NeighborOption.LINK_LAYER_ADDRESS_LENGTH;

    /** The length of the packet, with its IPv6 header. */
    public static final int LENGTH = Ipv6Header.LENGTH + MESSAGE_LENGTH;

    /** The lower half of {@code ff02::1}, all nodes, to which goes what nobody can be asked for. */
    public static final long ALL_NODES_LOW = 1;

    private NeighborAdvertisement() {}

    /**
     * Writes the packet, from the target.
     *
     * @param buffer where the packet goes; its indexes do not change
     * @param ip the index of the IPv6 header
     * @param targetHigh the upper half of the address that is advertised
     * @param targetLow the lower half
     * @param high the upper half of the destination
     * @param low the lower half
     * @param flags of {@link NeighborDiscovery}
     * @param mac the 48-bit MAC address of the target, first octet most significant
     */
    public static void write(
            ByteBuf buffer, int ip, long targetHigh, long targetLow, long high, long low, int flags, long mac) {
        Ipv6Packets.write(buffer, ip, MESSAGE_LENGTH, Ipv6Header.NEXT_ICMPV6, NeighborDiscovery.HOP_LIMIT);
        IpAddress.write(buffer, Ipv6Header.sourceIndex(ip), targetHigh, targetLow);
        IpAddress.write(buffer, Ipv6Header.destinationIndex(ip), high, low);
        int icmp = ip + Ipv6Header.LENGTH;
        buffer.setZero(icmp, MESSAGE_LENGTH);
        Icmpv6Header.type(buffer, icmp, NeighborDiscovery.NEIGHBOR_ADVERTISEMENT);
        NeighborDiscovery.flags(buffer, icmp, flags);
        IpAddress.write(buffer, NeighborDiscovery.targetIndex(icmp), targetHigh, targetLow);
        NeighborOption.writeLinkLayerAddress(buffer, icmp + OPTION, NeighborOption.TARGET_LINK_LAYER_ADDRESS, mac);
        Icmpv6Header.updateChecksum(buffer, ip, icmp, MESSAGE_LENGTH);
    }
}
