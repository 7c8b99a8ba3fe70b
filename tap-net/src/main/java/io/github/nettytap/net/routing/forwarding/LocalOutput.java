/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.net.routing.neighbor.NextHops;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.routing.table.Route;
import io.github.nettytap.net.routing.table.Routes;
import io.netty.buffer.ByteBuf;

/** Sends the router's own packets, by the same routes as all others. */
public final class LocalOutput {

    private final Output output;
    private final Routes routes;
    private final NextHops nextHops;

    public LocalOutput(Output output, Routes routes, NextHops nextHops) {
        this.output = output;
        this.routes = routes;
        this.nextHops = nextHops;
    }

    /** Sends an IPv4 packet. Owns the frame. */
    public void sendIpv4(ByteBuf frame) {
        int destination = Ipv4Header.destination(frame, output.ipIndex(frame));
        Route route = routes.find(destination);
        if (route == null || route.kind() != Route.Kind.FORWARD) {
            frame.release();
            return;
        }
        send(frame, route, 0, IpAddress.mapped(destination));
    }

    /**
     * Sends an IPv6 packet. Owns the frame.
     *
     * @param link the link of a link-local destination
     */
    public void sendIpv6(ByteBuf frame, RouterPort link) {
        int destination = Ipv6Header.destinationIndex(output.ipIndex(frame));
        long high = frame.getLong(destination);
        long low = frame.getLong(destination + Long.BYTES);
        if (IpAddress.isLinkLocal(high)) {
            nextHops.send(frame, link, link, high, low);
            return;
        }
        Route route = routes.find(high, low);
        if (route == null || route.kind() != Route.Kind.FORWARD) {
            frame.release();
            return;
        }
        send(frame, route, high, low);
    }

    /** Whether packets to an IPv4 address leave through a port. */
    boolean isBehind(RouterPort port, int address) {
        Route route = routes.find(address);
        return route != null && route.kind() == Route.Kind.FORWARD && route.port() == port;
    }

    /** Whether packets to an IPv6 address leave through a port. */
    boolean isBehind(RouterPort port, long high, long low) {
        if (IpAddress.isLinkLocal(high)) {
            return true;
        }
        Route route = routes.find(high, low);
        return route != null && route.kind() == Route.Kind.FORWARD && route.port() == port;
    }

    private void send(ByteBuf frame, Route route, long high, long low) {
        RouterPort port = route.port();
        if (route.hasGateway()) {
            nextHops.send(frame, port, port, route.gatewayHigh(), route.gatewayLow());
        } else {
            nextHops.send(frame, port, port, high, low);
        }
    }
}
