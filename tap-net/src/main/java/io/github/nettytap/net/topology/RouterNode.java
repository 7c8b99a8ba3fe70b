/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.nat.NatSettings;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A router.
 *
 * @param name what it is called in the network
 * @param nat how much its NAT remembers, and for how long
 * @param routes gateways by the prefixes that are behind them
 * @param ports its ports
 */
public record RouterNode(
        String name, NatSettings nat, Map<Cidr, InetAddress> routes, List<PortSpec<PortSettings>> ports)
        implements Node {

    /**
     * Checks the name.
     *
     * @param name what it is called in the network
     * @param nat how much its NAT remembers, and for how long
     * @param routes gateways by the prefixes that are behind them
     * @param ports its ports
     * @throws IllegalArgumentException if the name is none
     */
    public RouterNode {
        NodeNames.check("router", name);
        Objects.requireNonNull(nat, "nat");
        routes = new LinkedHashMap<>(routes);
        ports = List.copyOf(ports);
    }

    /**
     * The gateways by the prefixes that are behind them.
     *
     * @return a copy, in the order in which the routes were described
     */
    @Override
    public Map<Cidr, InetAddress> routes() {
        return new LinkedHashMap<>(routes);
    }

    @Override
    public String kind() {
        return "router";
    }

    @Override
    public boolean isUpdatableTo(Node other) {
        return other instanceof RouterNode that && nat.equals(that.nat);
    }

    /**
     * Begins a description.
     *
     * @param name what it is called in the network
     * @return a builder of a router
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** Describes a router. Not thread-safe. */
    public static final class Builder {

        private final String name;
        private NatSettings nat = NatSettings.DEFAULT;
        private final Map<Cidr, InetAddress> routes = new LinkedHashMap<>();
        private final List<PortSpec<PortSettings>> ports = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Sets how much NAT remembers, and for how long.
         *
         * @param settings the settings
         * @return this
         */
        public Builder nat(NatSettings settings) {
            nat = settings;
            return this;
        }

        /**
         * Adds a route.
         *
         * @param destination the prefix, {@code 0.0.0.0/0} or {@code ::/0} for the default route
         * @param gateway an address in a network of a port
         * @return this
         */
        public Builder route(String destination, String gateway) {
            return route(Cidr.parse(destination), Cidr.parse(gateway).address());
        }

        /**
         * Adds a route, or replaces the one of the same prefix.
         *
         * @param destination the prefix
         * @param gateway an address in a network of a port
         * @return this
         */
        public Builder route(Cidr destination, InetAddress gateway) {
            routes.put(destination, gateway);
            return this;
        }

        /**
         * Adds a port that forwards, and nothing else.
         *
         * @param attachment what it leads to
         * @param addresses the router's own there, each with the length of its network
         * @return this
         */
        public Builder port(Attachment attachment, String... addresses) {
            List<Cidr> networks = List.of(addresses).stream().map(Cidr::parse).toList();
            return port(PortSpec.of(attachment, PortSettings.of(networks)));
        }

        /**
         * Adds a port.
         *
         * @param port its description
         * @return this
         */
        public Builder port(PortSpec<PortSettings> port) {
            ports.add(port);
            return this;
        }

        /**
         * Ends the description.
         *
         * @return the router
         * @throws IllegalArgumentException if the name is none
         */
        public RouterNode build() {
            return new RouterNode(name, nat, routes, ports);
        }
    }
}
