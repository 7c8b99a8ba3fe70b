/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.neighbor.NextHops;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.routing.table.Route;
import io.github.nettytap.net.routing.table.Routes;
import io.netty.buffer.ByteBuf;

/** The way of an IPv6 packet through the router: RFC 8200 and RFC 4291. */
public final class Ipv6Forwarding {

    private static final int CODE_HOP_LIMIT_EXCEEDED = 0;

    /** RFC 4443, section 3.1: the packet would leave the link of its link-local source. */
    private static final int CODE_BEYOND_SCOPE = 2;

    private final Output output;
    private final Routes routes;
    private final NextHops nextHops;
    private final IcmpErrors errors;
    private final LocalIpv6 local;

    public Ipv6Forwarding(Output output, Routes routes, NextHops nextHops, IcmpErrors errors, LocalIpv6 local) {
        this.output = output;
        this.routes = routes;
        this.nextHops = nextHops;
        this.errors = errors;
        this.local = local;
    }

    /**
     * Takes a frame of type IPv6.
     *
     * @param frame owned by this method
     * @param from the port that it came in through
     * @param isToGroup whether its destination MAC address is a group
     */
    public void receive(ByteBuf frame, RouterPort from, boolean isToGroup) {
        int ip = output.ipIndex(frame);
        if (Ipv6Header.check(frame, ip, frame.writerIndex()) == Wire.MALFORMED) {
            drop(frame, from, RouterCounter.MALFORMED);
            return;
        }
        int end = ip + Ipv6Header.LENGTH + Ipv6Header.payloadLength(frame, ip);
        if (!PacketSize.trim(frame, end, output.vnetHeaderSize())) {
            drop(frame, from, RouterCounter.MALFORMED);
            return;
        }
        int destination = Ipv6Header.destinationIndex(ip);
        long sourceHigh = frame.getLong(Ipv6Header.sourceIndex(ip));
        long sourceLow = frame.getLong(Ipv6Header.sourceIndex(ip) + Long.BYTES);
        if (IpAddress.isGroup(sourceHigh) || sourceHigh == 0 && sourceLow == 1) {
            drop(frame, from, RouterCounter.MARTIAN);
            return;
        }
        Route route = routes.find(frame.getLong(destination), frame.getLong(destination + Long.BYTES));
        if (route == null) {
            if (!isToGroup) {
                errors.sendIpv6(frame, from, Icmpv6Header.DESTINATION_UNREACHABLE, Icmpv6Header.CODE_NO_ROUTE, 0);
            }
            drop(frame, from, RouterCounter.NO_ROUTE);
            return;
        }
        boolean isUnspecified = IpAddress.isUnspecified(sourceHigh, sourceLow);
        // To groups go claims of own addresses, which are to be heard.
        if (route.kind() != Route.Kind.GROUP
                && !isUnspecified
                && (routes.isNotSource(sourceHigh, sourceLow) || !isReversePath(from, sourceHigh, sourceLow))) {
            drop(frame, from, RouterCounter.MARTIAN);
            return;
        }
        switch (route.kind()) {
            case LOCAL, GROUP -> local.receive(frame, from);
            case NEVER -> drop(frame, from, RouterCounter.MARTIAN);
            default -> {
                if (isToGroup || isUnspecified) {
                    drop(frame, from, RouterCounter.MARTIAN);
                } else if (IpAddress.isLinkLocal(sourceHigh)) {
                    errors.sendIpv6(frame, from, Icmpv6Header.DESTINATION_UNREACHABLE, CODE_BEYOND_SCOPE, 0);
                    drop(frame, from, RouterCounter.MARTIAN);
                } else {
                    forward(frame, ip, from, route);
                }
            }
        }
    }

    /** As for IPv4. A link-local source is of this link by what it is. */
    private boolean isReversePath(RouterPort from, long high, long low) {
        if (!from.checksReversePath() || IpAddress.isLinkLocal(high)) {
            return true;
        }
        Route back = routes.find(high, low);
        return back != null && back.kind() == Route.Kind.FORWARD && back.port() == from;
    }

    private void forward(ByteBuf frame, int ip, RouterPort from, Route route) {
        RouterPort to = route.port();
        if (Ipv6Header.hopLimit(frame, ip) <= 1) {
            errors.sendIpv6(frame, from, Icmpv6Header.TIME_EXCEEDED, CODE_HOP_LIMIT_EXCEEDED, 0);
            drop(frame, from, RouterCounter.TTL_EXPIRED);
        } else if (PacketSize.onWire(frame, output.vnetHeaderSize()) > to.mtu()) {
            errors.sendIpv6(frame, from, Icmpv6Header.PACKET_TOO_BIG, 0, to.mtu());
            drop(frame, from, RouterCounter.TOO_BIG);
        } else {
            Ipv6Packets.decrementHopLimit(frame, ip);
            from.increment(RouterCounter.FORWARDED);
            if (route.hasGateway()) {
                nextHops.send(frame, from, to, route.gatewayHigh(), route.gatewayLow());
            } else {
                int destination = Ipv6Header.destinationIndex(ip);
                nextHops.send(frame, from, to, frame.getLong(destination), frame.getLong(destination + Long.BYTES));
            }
        }
    }

    private static void drop(ByteBuf frame, RouterPort from, RouterCounter reason) {
        from.increment(reason);
        frame.release();
    }
}
