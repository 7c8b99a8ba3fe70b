/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.NeighborOption;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.packet.NeighborAdvertisement;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

/**
 * Neighbor discovery, both ways: answers for the own addresses, and asks for those of others. RFC 4861, section 7.
 */
public final class NeighborMessages {

    private static final int LENGTH = 24 + NeighborOption.LINK_LAYER_ADDRESS_LENGTH;
    private static final int OPTION = 24;

    private final Output output;
    private final NextHops nextHops;
    private final Claims claims;

    /** Hears of hosts that have an address of the router's. */
    @FunctionalInterface
    public interface Claims {
        /** A host of the link has said that it has this address. */
        void claimed(RouterPort port, long high, long low, long mac);
    }

    public NeighborMessages(Output output, NextHops nextHops, Claims claims) {
        this.output = output;
        this.nextHops = nextHops;
        this.claims = claims;
    }

    /**
     * Takes a neighbor solicitation whose checksum is right.
     *
     * @param frame still the caller's
     * @param icmp the index of its ICMPv6 header
     */
    public void solicited(ByteBuf frame, RouterPort port, int icmp) {
        int ip = output.ipIndex(frame);
        int limit = frame.writerIndex();
        long targetHigh = frame.getLong(NeighborDiscovery.targetIndex(icmp));
        long targetLow = frame.getLong(NeighborDiscovery.targetIndex(icmp) + Long.BYTES);
        boolean isAnycast = port.addresses().isAnycast(targetHigh, targetLow);
        if (!isAnycast && !port.addresses().isOwn(targetHigh, targetLow)) {
            return;
        }
        long sender = EthernetHeader.source(frame, frame.readerIndex() + output.vnetHeaderSize());
        if (sender == port.mac()) {
            return; // An echo of what the router itself has asked.
        }
        int source = Ipv6Header.sourceIndex(ip);
        long high = frame.getLong(source);
        long low = frame.getLong(source + Long.BYTES);
        long mac = option(frame, icmp, limit, NeighborOption.SOURCE_LINK_LAYER_ADDRESS);
        if (IpAddress.isUnspecified(high, low)) {
            // RFC 4861, section 7.1.1: only to the group of the target, and without a MAC address.
            int asked = Ipv6Header.destinationIndex(ip);
            if (mac != Wire.MALFORMED
                    || frame.getLong(asked) != IpAddress.LINK_GROUP_HIGH
                    || frame.getLong(asked + Long.BYTES) != IpAddress.solicitedNodeLow(targetLow)) {
                return;
            }
            // Somebody wants to take this address; all shall know that it is taken.
            long group = IpAddress.groupMac(NeighborAdvertisement.ALL_NODES_LOW);
            advertise(
                    port,
                    targetHigh,
                    targetLow,
                    IpAddress.LINK_GROUP_HIGH,
                    NeighborAdvertisement.ALL_NODES_LOW,
                    false,
                    group);
            return;
        }
        if (IpAddress.isGroup(high)) {
            return;
        }
        if (mac != Wire.MALFORMED) {
            nextHops.asked(port, high, low, mac);
        }
        advertise(port, targetHigh, targetLow, high, low, true, mac == Wire.MALFORMED ? sender : mac);
    }

    /**
     * Takes a neighbor advertisement whose checksum is right.
     *
     * @param frame still the caller's
     * @param icmp the index of its ICMPv6 header
     */
    public void advertised(ByteBuf frame, RouterPort port, int icmp) {
        long high = frame.getLong(NeighborDiscovery.targetIndex(icmp));
        long low = frame.getLong(NeighborDiscovery.targetIndex(icmp) + Long.BYTES);
        long mac = option(frame, icmp, frame.writerIndex(), NeighborOption.TARGET_LINK_LAYER_ADDRESS);
        int flags = NeighborDiscovery.flags(frame, icmp);
        boolean solicited = (flags & NeighborDiscovery.FLAG_SOLICITED) != 0;
        boolean isToGroup = IpAddress.isGroup(frame.getLong(Ipv6Header.destinationIndex(output.ipIndex(frame))));
        if (solicited && isToGroup || IpAddress.isGroup(high)) {
            return; // RFC 4861, section 7.1.2.
        }
        if (port.addresses().isOwn(high, low)) {
            long sender = EthernetHeader.source(frame, frame.readerIndex() + output.vnetHeaderSize());
            claims.claimed(port, high, low, mac == Wire.MALFORMED ? sender : mac);
        } else {
            boolean override = (flags & NeighborDiscovery.FLAG_OVERRIDE) != 0;
            // An answer to a question that was sent to one host may leave out what that knows.
            long known = mac == Wire.MALFORMED ? Neighbor.UNKNOWN : mac;
            nextHops.advertised(port, high, low, known, solicited, override);
        }
    }

    private static long option(ByteBuf frame, int icmp, int limit, int type) {
        int option = NeighborOption.find(frame, icmp + OPTION, limit, type);
        if (option == Wire.MALFORMED) {
            return Wire.MALFORMED;
        }
        long mac = NeighborOption.linkLayerAddress(frame, option);
        return MacAddress.isGroup(mac) ? Wire.MALFORMED : mac;
    }

    private void advertise(
            RouterPort port, long targetHigh, long targetLow, long high, long low, boolean solicited, long mac) {
        // RFC 4861, section 7.2.7: other routers of the link have the anycast address too.
        boolean isAnycast = port.addresses().isAnycast(targetHigh, targetLow);
        int flags = NeighborDiscovery.FLAG_ROUTER
                | (isAnycast ? 0 : NeighborDiscovery.FLAG_OVERRIDE)
                | (solicited ? NeighborDiscovery.FLAG_SOLICITED : 0);
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_IPV6, NeighborAdvertisement.LENGTH);
        NeighborAdvertisement.write(frame, output.ipIndex(frame), targetHigh, targetLow, high, low, flags, port.mac());
        output.send(frame, port, mac);
    }

    /** Asks for a MAC address: the host that had it before, or all of its solicited-node group. */
    public void solicit(Neighbor neighbor) {
        RouterPort port = neighbor.port;
        if (!port.addresses().hasIpv6()) {
            return;
        }
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_IPV6, Ipv6Header.LENGTH + LENGTH);
        int ip = output.ipIndex(frame);
        Ipv6Packets.write(frame, ip, LENGTH, Ipv6Header.NEXT_ICMPV6, NeighborDiscovery.HOP_LIMIT);
        long high = port.addresses().sourceHigh(neighbor.high());
        IpAddress.write(
                frame, Ipv6Header.sourceIndex(ip), high, port.addresses().sourceLow(neighbor.high()));
        long groupLow = IpAddress.solicitedNodeLow(neighbor.low());
        boolean known = neighbor.isResolved();
        IpAddress.write(
                frame,
                Ipv6Header.destinationIndex(ip),
                known ? neighbor.high() : IpAddress.LINK_GROUP_HIGH,
                known ? neighbor.low() : groupLow);
        int icmp = ip + Ipv6Header.LENGTH;
        message(frame, icmp, NeighborDiscovery.NEIGHBOR_SOLICITATION, neighbor.high(), neighbor.low());
        NeighborOption.writeLinkLayerAddress(
                frame, icmp + OPTION, NeighborOption.SOURCE_LINK_LAYER_ADDRESS, port.mac());
        Icmpv6Header.updateChecksum(frame, ip, icmp, LENGTH);
        output.send(frame, port, known ? neighbor.mac : IpAddress.groupMac(groupLow));
    }

    /** Says which MAC address an own address has: RFC 4861, section 7.2.6. */
    void announce(RouterPort port, long high, long low) {
        advertise(
                port,
                high,
                low,
                IpAddress.LINK_GROUP_HIGH,
                NeighborAdvertisement.ALL_NODES_LOW,
                false,
                IpAddress.groupMac(NeighborAdvertisement.ALL_NODES_LOW));
    }

    /** Asks whether somebody else has an own address: RFC 4862, section 5.4.2. */
    void probe(RouterPort port, long high, long low) {
        int length = OPTION;
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_IPV6, Ipv6Header.LENGTH + length);
        int ip = output.ipIndex(frame);
        Ipv6Packets.write(frame, ip, length, Ipv6Header.NEXT_ICMPV6, NeighborDiscovery.HOP_LIMIT);
        IpAddress.write(frame, Ipv6Header.sourceIndex(ip), 0, 0);
        long groupLow = IpAddress.solicitedNodeLow(low);
        IpAddress.write(frame, Ipv6Header.destinationIndex(ip), IpAddress.LINK_GROUP_HIGH, groupLow);
        int icmp = ip + Ipv6Header.LENGTH;
        frame.setZero(icmp, length);
        Icmpv6Header.type(frame, icmp, NeighborDiscovery.NEIGHBOR_SOLICITATION);
        IpAddress.write(frame, NeighborDiscovery.targetIndex(icmp), high, low);
        Icmpv6Header.updateChecksum(frame, ip, icmp, length);
        output.send(frame, port, IpAddress.groupMac(groupLow));
    }

    private static void message(ByteBuf frame, int icmp, int type, long targetHigh, long targetLow) {
        frame.setZero(icmp, LENGTH);
        Icmpv6Header.type(frame, icmp, type);
        IpAddress.write(frame, NeighborDiscovery.targetIndex(icmp), targetHigh, targetLow);
    }
}
