/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.transport.linux.Sockets;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The unicast routes of the main table of a network namespace. Thread-safe. */
public final class Routes {

    private static final int FIXED_HEADER = 12;

    private final NetlinkExchange exchange;

    Routes(NetlinkExchange exchange) {
        this.exchange = exchange;
    }

    /**
     * All routes of the main table.
     *
     * @return IPv4 routes, then IPv6 routes, each in the kernel's order
     * @throws NetlinkException if the kernel refuses
     */
    public List<Route> list() throws NetlinkException {
        List<Route> routes = new ArrayList<>();
        for (int family : new int[] {Sockets.AF_INET, Sockets.AF_INET6}) {
            MessageWriter request = new MessageWriter(Rtm.GETROUTE, 0)
                    .u8(family)
                    .u8(0)
                    .u16(0)
                    .u32(0)
                    .u32(0);
            routes.addAll(exchange.dump("list routes", request, Routes::read));
        }
        return routes;
    }

    /**
     * Adds a route.
     *
     * @param route the route
     * @throws NetlinkException if the kernel refuses: EEXIST if there is such a route, ENETUNREACH if the gateway is on
     *     no link
     */
    public void add(Route route) throws NetlinkException {
        exchange.acknowledge(
                "add route: " + route,
                request(Rtm.NEWROUTE, Rtm.NLM_F_CREATE | Rtm.NLM_F_EXCL, route, Rtm.RTPROT_STATIC));
    }

    /**
     * Removes a route.
     *
     * @param route the route
     * @throws NetlinkException if the kernel refuses: ESRCH if there is no such route
     */
    public void remove(Route route) throws NetlinkException {
        exchange.acknowledge("remove route: " + route, request(Rtm.DELROUTE, 0, route, 0));
    }

    /**
     * <pre>
     * rtmsg:   0 family u8   1 destination length u8   2 source length u8   3 TOS u8
     *          4 table u8    5 protocol u8             6 scope u8           7 type u8      8 flags u32
     * </pre>
     */
    private static MessageWriter request(int type, int flags, Route route, int protocol) {
        byte[] destination = route.destination().address().getAddress();
        boolean v4 = destination.length == 4;
        boolean onLink = v4 && route.gateway().isEmpty();
        MessageWriter request = new MessageWriter(type, flags)
                .u8(v4 ? Sockets.AF_INET : Sockets.AF_INET6)
                .u8(route.destination().prefixLength())
                .u16(0)
                .u8(Rtm.RT_TABLE_MAIN)
                .u8(protocol)
                .u8(onLink ? Rtm.RT_SCOPE_LINK : Rtm.RT_SCOPE_UNIVERSE)
                .u8(Rtm.RTN_UNICAST)
                .u32(0)
                .attribute(Rtm.RTA_DST, destination);
        route.gateway().ifPresent(gateway -> request.attribute(Rtm.RTA_GATEWAY, gateway.getAddress()));
        if (route.ifindex() > 0) {
            request.attributeU32(Rtm.RTA_OIF, route.ifindex());
        }
        if (route.metric() > 0) {
            request.attributeU32(Rtm.RTA_PRIORITY, route.metric());
        }
        return request;
    }

    private static Route read(ByteBuffer message) {
        int body = MessageWriter.HEADER_SIZE;
        if (message.limit() < body + FIXED_HEADER) {
            return null;
        }
        Attributes attributes = Attributes.parse(message, body + FIXED_HEADER);
        int table = attributes.u32(Rtm.RTA_TABLE, message.get(body + 4) & 0xff);
        boolean unicast = message.get(body + 7) == Rtm.RTN_UNICAST;
        boolean cloned = (message.getInt(body + 8) & Rtm.RTM_F_CLONED) != 0;
        if (table != Rtm.RT_TABLE_MAIN || !unicast || cloned) {
            return null;
        }
        int length = message.get(body) == Sockets.AF_INET ? 4 : 16;
        byte[] destination = attributes.has(Rtm.RTA_DST) ? attributes.bytes(Rtm.RTA_DST) : new byte[length];
        int prefixLength = message.get(body + 1) & 0xff;
        if (destination.length != length || prefixLength > length * Byte.SIZE) {
            return null; // A family that is neither IPv4 nor IPv6.
        }
        Cidr network = Cidr.of(destination, prefixLength);
        int ifindex = attributes.u32(Rtm.RTA_OIF, 0);
        InetAddress gateway = attributes.address(Rtm.RTA_GATEWAY);
        Route route = gateway == null ? Route.direct(network, ifindex) : Route.via(network, gateway, ifindex);
        return route.withMetric(attributes.u32(Rtm.RTA_PRIORITY, 0));
    }
}
