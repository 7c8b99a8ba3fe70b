/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.table;

import io.github.nettytap.net.routing.port.RouterPort;

/**
 * Where packets of a prefix go.
 *
 * @param kind what happens to them
 * @param port the port they leave through, or whose address they are for; null for a kind that needs none
 * @param hasGateway whether they go to a gateway, not to their destination itself
 * @param gatewayHigh the upper half of the gateway's address
 * @param gatewayLow the lower half
 */
public record Route(Kind kind, RouterPort port, boolean hasGateway, long gatewayHigh, long gatewayLow) {

    /** Of groups, broadcast and link-local addresses: for whoever listens on the link. */
    public static final Route GROUP = new Route(Kind.GROUP, null, false, 0, 0);
    /** Of addresses that must not be on a network. */
    public static final Route NEVER = new Route(Kind.NEVER, null, false, 0, 0);

    /** What happens to a packet. */
    public enum Kind {
        /** It goes out through a port. */
        FORWARD,
        /** It is for the router itself. */
        LOCAL,
        /** It is for whoever listens on this link: broadcast and multicast, which are never forwarded. */
        GROUP,
        /** It must not be on a network at all: loopback, reserved. */
        NEVER
    }

    static Route onLink(RouterPort port) {
        return new Route(Kind.FORWARD, port, false, 0, 0);
    }

    static Route through(RouterPort port, long gatewayHigh, long gatewayLow) {
        return new Route(Kind.FORWARD, port, true, gatewayHigh, gatewayLow);
    }

    /**
     * The route of an address of the router's own.
     *
     * @param port the port that has the address
     * @return a route of kind {@link Kind#LOCAL}
     */
    public static Route local(RouterPort port) {
        return new Route(Kind.LOCAL, port, false, 0, 0);
    }
}
