/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.table;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.RouterPort;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The routing table: what the ports' addresses imply, what must never be forwarded, and the routes that were added. */
public final class Routes {

    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /** A network of a port. */
    private record OnLink(RouterPort port, Cidr network) {}

    /** What a user has added, and where its gateway was on link. */
    private record Added(Cidr destination, InetAddress gateway, RouterPort port) {}

    private final List<OnLink> networks = new ArrayList<>();
    private final List<Added> added = new ArrayList<>();
    private PrefixTable<Route> ipv4;
    private PrefixTable<Route> ipv6;

    /** Own addresses and those of all hosts of a network, which no packet comes from. */
    private PrefixTable<Boolean> notSources;

    /** A table of what must never be forwarded, without networks of ports. */
    public Routes() {
        clear();
    }

    private void clear() {
        ipv4 = new PrefixTable<>();
        ipv6 = new PrefixTable<>();
        notSources = new PrefixTable<>();
        // RFC 1122, section 3.2.1.3: this network, loopback; RFC 1112: groups, reserved; limited broadcast.
        putIpv4(0x0000_0000, 8, Route.NEVER);
        putIpv4(0x7f00_0000, 8, Route.NEVER);
        putIpv4(0xe000_0000, 4, Route.GROUP);
        putIpv4(0xf000_0000, 4, Route.NEVER);
        putIpv4(0xffff_ffff, IPV4_BITS, Route.GROUP);
        // RFC 4291, section 2.4: unspecified and loopback; mapped addresses are not for the wire; groups.
        ipv6.put(0, 0, PrefixTable.MAX_LENGTH, Route.NEVER);
        ipv6.put(0, 1, PrefixTable.MAX_LENGTH, Route.NEVER);
        ipv6.put(0, IpAddress.mapped(0), IpAddress.MAPPED_PREFIX, Route.NEVER);
        ipv6.put(IpAddress.LINK_GROUP_HIGH, 0, 8, Route.GROUP);
        // RFC 4291, section 2.5.6: never to another link. A packet for a link-local address of the router is for it.
        ipv6.put(IpAddress.LINK_LOCAL_HIGH, 0, 10, Route.GROUP);
    }

    private void putIpv4(int address, int length, Route route) {
        ipv4.put(0, IpAddress.mapped(address), IpAddress.MAPPED_PREFIX + length, route);
    }

    /**
     * Checks that a network is not on another link already: packets for it could go to one of them only.
     *
     * @param network an own address with the prefix of its network
     * @throws IllegalArgumentException if it is, or if the own address is that of another port
     */
    public void check(Cidr network) {
        boolean isIpv4 = network.address() instanceof Inet4Address;
        PrefixTable<Route> table = isIpv4 ? ipv4 : ipv6;
        long high = IpAddress.high(network.address());
        long low = IpAddress.low(network.address());
        Route link = table.get(high, low, network.prefixLength() + (isIpv4 ? IpAddress.MAPPED_PREFIX : 0));
        Route own = table.find(high, low);
        Route other = own != null && own.kind() == Route.Kind.LOCAL ? own : link;
        if (other != null && other.port() != null) {
            throw new IllegalArgumentException("network of two ports: network=" + network + ", port="
                    + other.port().name() + " (expected: a network of its own behind each)");
        }
    }

    /**
     * Adds the network of a port, and the route of the router's own address in it. See {@link #check}, which is not
     * done here.
     *
     * @param port the port to the link
     * @param network the own address with the prefix of its network
     */
    public void addNetwork(RouterPort port, Cidr network) {
        networks.add(new OnLink(port, network));
        putNetwork(port, network);
    }

    /**
     * Forgets the networks of a port, and the routes through gateways in them. The table is made anew: ports go so
     * seldom that prefixes need not be taken out one by one.
     *
     * @param port the port that goes
     */
    public void remove(RouterPort port) {
        networks.removeIf(onLink -> onLink.port() == port);
        added.removeIf(route -> route.port() == port);
        rebuild();
    }

    /**
     * Forgets a route through a gateway.
     *
     * @param destination the prefix; address bits behind its length do not matter
     * @throws IllegalArgumentException if there is none for this prefix
     */
    public void remove(Cidr destination) {
        if (!added.removeIf(route -> isSame(route.destination(), destination))) {
            throw new IllegalArgumentException(
                    "no such route: destination=" + destination + " (expected: the prefix of one that was added)");
        }
        rebuild();
    }

    private void rebuild() {
        clear();
        networks.forEach(onLink -> putNetwork(onLink.port(), onLink.network()));
        added.forEach(this::put);
    }

    private static boolean isSame(Cidr one, Cidr other) {
        int length = one.prefixLength() + (one.address() instanceof Inet4Address ? IpAddress.MAPPED_PREFIX : 0);
        return one.prefixLength() == other.prefixLength()
                && one.address().getClass() == other.address().getClass()
                && ((IpAddress.high(one.address()) ^ IpAddress.high(other.address())) & IpAddress.highMask(length)) == 0
                && ((IpAddress.low(one.address()) ^ IpAddress.low(other.address())) & IpAddress.lowMask(length)) == 0;
    }

    /**
     * A line of the table, for people to read.
     *
     * @param destination the prefix
     * @param gateway the next hop, or null for a network of a port
     * @param port the name of the port that packets leave through
     */
    public record Entry(Cidr destination, InetAddress gateway, String port) {}

    /**
     * The networks of ports, then the routes through gateways, whose gateway is not null.
     *
     * @return a new list
     */
    public List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (OnLink onLink : networks) {
            entries.add(new Entry(onLink.network(), null, onLink.port().name()));
        }
        for (Added route : added) {
            entries.add(
                    new Entry(route.destination(), route.gateway(), route.port().name()));
        }
        return entries;
    }

    private void putNetwork(RouterPort port, Cidr network) {
        int length = network.prefixLength();
        long high = IpAddress.high(network.address());
        long low = IpAddress.low(network.address());
        if (network.address() instanceof Inet4Address) {
            putIpv4((int) low, length, Route.onLink(port));
            notSources.put(0, IpAddress.mapped((int) low), IPV6_BITS, true);
            if (length < IPV4_BITS - 1) {
                // RFC 3021: a /31 has no broadcast address.
                int broadcast = (int) low | -1 >>> length;
                putIpv4(broadcast, IPV4_BITS, Route.GROUP);
                notSources.put(0, IpAddress.mapped(broadcast), IPV6_BITS, true);
            }
            putIpv4((int) low, IPV4_BITS, Route.local(port));
        } else {
            ipv6.put(high, low, length, Route.onLink(port));
            if (length < IPV6_BITS - 1) {
                // RFC 4291, section 2.6.1: the address of all routers of the network.
                long anycastHigh = high & IpAddress.highMask(length);
                ipv6.put(anycastHigh, low & IpAddress.lowMask(length), IPV6_BITS, Route.local(port));
            }
            notSources.put(high, low, IPV6_BITS, true);
            ipv6.put(high, low, PrefixTable.MAX_LENGTH, Route.local(port));
        }
    }

    /**
     * Adds a route through a gateway. It replaces one that was added for the same prefix.
     *
     * @param destination the prefix; address bits behind its length do not matter
     * @param gateway the next hop, in the network of a port
     * @throws IllegalArgumentException if the gateway is not on a network of a port, or is of another version of IP
     */
    public void add(Cidr destination, InetAddress gateway) {
        boolean isIpv4 = destination.address() instanceof Inet4Address;
        if (isIpv4 != gateway instanceof Inet4Address) {
            throw new IllegalArgumentException("gateway of another family: destination=" + destination + ", gateway="
                    + gateway.getHostAddress() + " (expected: both IPv4 or both IPv6)");
        }
        PrefixTable<Route> table = isIpv4 ? ipv4 : ipv6;
        Route link = table.find(IpAddress.high(gateway), IpAddress.low(gateway));
        if (link == null || link.kind() != Route.Kind.FORWARD || link.hasGateway()) {
            throw new IllegalArgumentException("gateway on no network of the router: destination=" + destination
                    + ", gateway=" + gateway.getHostAddress() + " (expected: an address in the network of a port)");
        }
        Added route = new Added(destination, gateway, link.port());
        added.removeIf(other -> isSame(other.destination(), destination));
        added.add(route);
        put(route);
    }

    private void put(Added route) {
        Cidr destination = route.destination();
        boolean isIpv4 = destination.address() instanceof Inet4Address;
        Route through = Route.through(route.port(), IpAddress.high(route.gateway()), IpAddress.low(route.gateway()));
        (isIpv4 ? ipv4 : ipv6)
                .put(
                        IpAddress.high(destination.address()),
                        IpAddress.low(destination.address()),
                        destination.prefixLength() + (isIpv4 ? IpAddress.MAPPED_PREFIX : 0),
                        through);
    }

    /**
     * Whether an IPv4 packet cannot come from there: an own address, or that of all hosts of a network.
     *
     * @param source the IPv4 address, first octet most significant
     * @return whether no other host can have it
     */
    public boolean isNotSource(int source) {
        return notSources.find(0, IpAddress.mapped(source)) != null;
    }

    /**
     * Whether an IPv6 packet cannot come from there: an own address.
     *
     * @param high the upper half of the IPv6 address
     * @param low the lower half
     * @return whether no other host can have it
     */
    public boolean isNotSource(long high, long low) {
        return notSources.find(high, low) != null;
    }

    /**
     * The route of an IPv4 address, by the longest prefix.
     *
     * @param destination the address, first octet most significant
     * @return the route, or null if there is none
     */
    public Route find(int destination) {
        return ipv4.find(0, IpAddress.mapped(destination));
    }

    /**
     * The route of an IPv6 address, by the longest prefix.
     *
     * @param high the upper half of the address
     * @param low the lower half
     * @return the route, or null if there is none
     */
    public Route find(long high, long low) {
        return ipv6.find(high, low);
    }
}
