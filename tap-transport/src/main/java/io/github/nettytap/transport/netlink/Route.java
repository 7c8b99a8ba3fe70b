/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.Cidr;

import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;

/** A unicast route: where packets to a network go. */
public final class Route {

    private final Cidr destination;
    private final InetAddress gateway;
    private final int ifindex;
    private final int metric;

    private Route(Cidr destination, InetAddress gateway, int ifindex, int metric) {
        this.destination = destination;
        this.gateway = gateway;
        this.ifindex = ifindex;
        this.metric = metric;
    }

    /**
     * A route to a network that is directly on a link.
     *
     * @param destination the network
     * @param ifindex the link
     * @return the route
     */
    public static Route direct(Cidr destination, int ifindex) {
        return new Route(destination, null, ifindex, 0);
    }

    /**
     * A route to a network behind a router.
     *
     * @param destination the network; {@code 0.0.0.0/0} or {@code ::/0} for the default route
     * @param gateway the router
     * @param ifindex the link that the router is on, or 0 to let the kernel find it
     * @return the route
     * @throws IllegalArgumentException if the two are not of one address family
     */
    public static Route via(Cidr destination, InetAddress gateway, int ifindex) {
        if (gateway.getAddress().length != destination.address().getAddress().length) {
            throw new IllegalArgumentException("route mixes address families: destination=" + destination + ", gateway="
                    + gateway.getHostAddress());
        }
        return new Route(destination, gateway, ifindex, 0);
    }

    /**
     * The same route with a metric; among routes to one network the kernel takes that with the lowest.
     *
     * @param metric the metric, 0 for the kernel's default
     * @return the route with it
     */
    public Route withMetric(int metric) {
        return new Route(destination, gateway, ifindex, metric);
    }

    /**
     * The network.
     *
     * @return the destination
     */
    public Cidr destination() {
        return destination;
    }

    /**
     * The router.
     *
     * @return the gateway, empty for a network that is directly on the link
     */
    public Optional<InetAddress> gateway() {
        return Optional.ofNullable(gateway);
    }

    /**
     * The link.
     *
     * @return its ifindex, 0 if left to the kernel
     */
    public int ifindex() {
        return ifindex;
    }

    /**
     * The metric.
     *
     * @return 0 for the kernel's default, which reads back as 0 for IPv4 and as 1024 for IPv6
     */
    public int metric() {
        return metric;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Route
                && ((Route) other).destination.equals(destination)
                && Objects.equals(((Route) other).gateway, gateway)
                && ((Route) other).ifindex == ifindex
                && ((Route) other).metric == metric;
    }

    @Override
    public int hashCode() {
        return Objects.hash(destination, gateway, ifindex, metric);
    }

    @Override
    public String toString() {
        return destination + (gateway == null ? "" : " via " + gateway.getHostAddress()) + " dev " + ifindex
                + (metric == 0 ? "" : " metric " + metric);
    }
}
