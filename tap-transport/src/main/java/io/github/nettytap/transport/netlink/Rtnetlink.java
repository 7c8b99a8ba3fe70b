/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.LibC;

/**
 * One rtnetlink socket: the way to read and change the links of one network namespace.
 *
 * <p>The socket belongs to the namespace of the thread that opens it and stays there, so it may be used from any thread
 * afterwards. To work in another namespace, open it there:
 *
 * <pre>{@code
 * try (NetworkNamespace host = NetworkNamespace.named("blue");
 *         Rtnetlink rtnetlink = host.call(Rtnetlink::open)) {
 *     int ifindex = rtnetlink.links().named("tap0").orElseThrow().index();
 *     rtnetlink.links().setMtu(ifindex, 9000);
 *     rtnetlink.addresses().add(ifindex, Cidr.parse("10.0.0.1/24"));
 *     rtnetlink.links().setUp(ifindex, true);
 * }
 * }</pre>
 *
 * <p>Reading needs no privilege; changing needs CAP_NET_ADMIN in the user namespace that owns the network namespace.
 */
public final class Rtnetlink implements AutoCloseable {

    private final NetlinkExchange exchange;
    private final Links links;
    private final Addresses addresses;
    private final Routes routes;
    private final Neighbors neighbors;

    private Rtnetlink(NetlinkExchange exchange) {
        this.exchange = exchange;
        links = new Links(exchange);
        addresses = new Addresses(exchange);
        routes = new Routes(exchange);
        neighbors = new Neighbors(exchange);
    }

    /**
     * Opens a socket in the network namespace of the calling thread.
     *
     * @return the socket, to be closed by the caller
     * @throws NetlinkException if the kernel gives none
     */
    public static Rtnetlink open() throws NetlinkException {
        return open(LibC.get());
    }

    /** For tests, which may stand on a C library that fails on purpose. */
    static Rtnetlink open(LibC libc) throws NetlinkException {
        return new Rtnetlink(new NetlinkExchange(libc));
    }

    /**
     * The links (network interfaces) of the namespace.
     *
     * @return the operations on links
     */
    public Links links() {
        return links;
    }

    /**
     * The addresses of the links.
     *
     * @return the operations on addresses
     */
    public Addresses addresses() {
        return addresses;
    }

    /**
     * The routes of the namespace's main table.
     *
     * @return the operations on routes
     */
    public Routes routes() {
        return routes;
    }

    /**
     * The neighbors (ARP and NDP entries) of the links.
     *
     * @return the operations on neighbors
     */
    public Neighbors neighbors() {
        return neighbors;
    }

    /** Closes the socket; a second call does nothing. */
    @Override
    public void close() {
        exchange.close();
    }
}
