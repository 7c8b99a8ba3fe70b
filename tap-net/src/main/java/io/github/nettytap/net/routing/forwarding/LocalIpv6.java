/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.neighbor.MldReports;
import io.github.nettytap.net.routing.neighbor.NeighborMessages;
import io.github.nettytap.net.routing.neighbor.RouterAdvertisements;
import io.github.nettytap.net.routing.packet.EchoReplies;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv6Extensions;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

/**
 * IPv6 packets for the router itself, for a group or for a link-local address: it takes part in neighbor discovery,
 * answers pings, and refuses the rest of what is for one of its addresses. It does not reassemble fragments.
 */
public final class LocalIpv6 {

    /** RFC 4443, section 3.4: the pointer tells which octet names the unknown next header. */
    private static final int CODE_UNKNOWN_NEXT_HEADER = 1;

    private static final int NEXT_HEADER_FIELD = 6;

    private final Output output;
    private final LocalOutput originator;
    private final IcmpErrors errors;
    private final NeighborMessages neighbors;
    private final RouterAdvertisements advertisements;
    private final MldReports reports;
    private final LocalDns dns;

    public LocalIpv6(
            Output output,
            LocalOutput originator,
            IcmpErrors errors,
            NeighborMessages neighbors,
            RouterAdvertisements advertisements,
            MldReports reports,
            LocalDns dns) {
        this.output = output;
        this.originator = originator;
        this.errors = errors;
        this.neighbors = neighbors;
        this.advertisements = advertisements;
        this.reports = reports;
        this.dns = dns;
    }

    /**
     * Takes a packet whose header is right.
     *
     * @param frame owned by this method
     * @param from the port that it came in through
     */
    void receive(ByteBuf frame, RouterPort from) {
        int ip = output.ipIndex(frame);
        from.increment(RouterCounter.LOCAL);
        int destination = Ipv6Header.destinationIndex(ip);
        long high = frame.getLong(destination);
        boolean isToGroup = IpAddress.isGroup(high);
        // A link-local address of another link, or of somebody else on this one, is not the router's business.
        boolean isForOther =
                IpAddress.isLinkLocal(high) && !from.addresses().isOwn(high, frame.getLong(destination + Long.BYTES));
        if (isForOther) {
            frame.release();
            return;
        }
        long walked = Ipv6Extensions.walk(frame, ip);
        if (walked < 0) {
            if (Ipv6Extensions.isProblem(walked)) {
                int code = Ipv6Extensions.problemCode(walked);
                errors.sendIpv6(
                        frame, from, Icmpv6Header.PARAMETER_PROBLEM, code, Ipv6Extensions.problemPointer(walked));
            } else {
                from.increment(RouterCounter.MALFORMED);
            }
            frame.release();
            return;
        }
        int transport = (int) walked;
        int protocol = Ipv6Header.transportProtocol(transport);
        if (protocol == Ipv6Header.NEXT_FRAGMENT || protocol == Ipv6Header.NEXT_NONE) {
            frame.release();
        } else if (protocol == Ipv6Header.NEXT_ICMPV6) {
            receiveIcmp(frame, from, ip, ip + Ipv6Header.transportOffset(transport), isToGroup);
        } else if (protocol == Ipv4Header.PROTOCOL_UDP
                && !isToGroup
                && dns.takesUdp(frame, from, ip + Ipv6Header.transportOffset(transport))) {
            dns.receiveIpv6(frame, from, ip, ip + Ipv6Header.transportOffset(transport));
            frame.release();
        } else {
            if (!isToGroup) {
                refuse(frame, from, protocol);
            }
            frame.release();
        }
    }

    private void refuse(ByteBuf frame, RouterPort from, int protocol) {
        if (protocol == Ipv4Header.PROTOCOL_UDP || protocol == Ipv4Header.PROTOCOL_TCP) {
            errors.sendIpv6(frame, from, Icmpv6Header.DESTINATION_UNREACHABLE, Icmpv6Header.CODE_PORT_UNREACHABLE, 0);
        } else if (Ipv6Header.nextHeader(frame, output.ipIndex(frame)) == protocol) {
            errors.sendIpv6(frame, from, Icmpv6Header.PARAMETER_PROBLEM, CODE_UNKNOWN_NEXT_HEADER, NEXT_HEADER_FIELD);
        }
    }

    private void receiveIcmp(ByteBuf frame, RouterPort from, int ip, int icmp, boolean isToGroup) {
        PacketSize.completeChecksum(frame, output.vnetHeaderSize());
        int limit = frame.writerIndex();
        if (Icmpv6Header.check(icmp, limit) == Wire.MALFORMED
                || !Icmpv6Header.isChecksumValid(frame, ip, icmp, limit - icmp)) {
            frame.release();
            return;
        }
        int type = Icmpv6Header.type(frame, icmp);
        if (type == Icmpv6Header.MULTICAST_LISTENER_QUERY) {
            reports.queried(frame, from, ip, icmp);
            frame.release();
            return;
        }
        if (type == Icmpv6Header.ECHO_REQUEST && !isToGroup) {
            reply(frame, from, ip, icmp);
            return;
        }
        // RFC 4861, section 6.1 and 7.1: another hop limit says that it has passed a router.
        if (Ipv6Header.hopLimit(frame, ip) == NeighborDiscovery.HOP_LIMIT
                && Icmpv6Header.code(frame, icmp) == 0
                && NeighborDiscovery.check(frame, icmp, limit) != Wire.MALFORMED) {
            if (type == NeighborDiscovery.NEIGHBOR_SOLICITATION) {
                neighbors.solicited(frame, from, icmp);
            } else if (type == NeighborDiscovery.NEIGHBOR_ADVERTISEMENT) {
                neighbors.advertised(frame, from, icmp);
            } else if (type == NeighborDiscovery.ROUTER_SOLICITATION) {
                advertisements.solicited(from);
            }
        }
        frame.release();
    }

    private void reply(ByteBuf frame, RouterPort from, int ip, int icmp) {
        EchoReplies.turnIcmpv6(frame, icmp, true);
        EchoReplies.turnIpv6(frame, ip);
        int source = Ipv6Header.sourceIndex(ip);
        if (!from.addresses().isOwn(frame.getLong(source), frame.getLong(source + Long.BYTES))) {
            answerFromOwn(frame, from, ip, icmp);
        }
        originator.sendIpv6(frame, from);
    }

    /** RFC 4443, section 4.2: what was sent to an anycast address is answered from one of the router alone. */
    private static void answerFromOwn(ByteBuf frame, RouterPort from, int ip, int icmp) {
        int source = Ipv6Header.sourceIndex(ip);
        if (from.addresses().hasIpv6()
                && from.addresses().isAnycast(frame.getLong(source), frame.getLong(source + 8))) {
            long high = frame.getLong(Ipv6Header.destinationIndex(ip));
            IpAddress.write(
                    frame,
                    source,
                    from.addresses().sourceHigh(high),
                    from.addresses().sourceLow(high));
            Icmpv6Header.updateChecksum(frame, ip, icmp, frame.writerIndex() - icmp);
        }
    }
}
