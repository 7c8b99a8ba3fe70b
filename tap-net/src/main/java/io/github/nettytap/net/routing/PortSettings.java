/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.routing.dhcp.DhcpPool;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import io.github.nettytap.net.routing.packet.IpAddress;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/**
 * What a port of the router is to be.
 *
 * @param networks the router's addresses on the link, with their prefixes
 * @param advertises whether the router advertises itself and its IPv6 prefixes to the hosts of the link
 * @param translates whether IPv4 packets that leave here get the router's address as their source
 * @param dhcp the addresses that are leased to hosts of the link, or null
 * @param checksReversePath whether packets must come from where an answer to them would go (RFC 3704, section 2.2)
 * @param mac the router's MAC address on the link, or null for one that is made of the port's name and stays the same
 * @param forwards the ports of the router's addresses here behind which are hosts inside; only with NAT
 * @param dns name servers and domains for the hosts of the link, and whether the router answers their DNS queries
 */
public record PortSettings(
        List<Cidr> networks,
        boolean advertises,
        boolean translates,
        DhcpPool dhcp,
        boolean checksReversePath,
        MacAddress mac,
        List<PortForward> forwards,
        DnsSettings dns) {

    /**
     * Checks that the addresses can be those of a router, and that there are some of the kind that each service needs.
     *
     * @param networks the router's addresses on the link, with their prefixes
     * @param advertises whether the router advertises itself and its IPv6 prefixes to the hosts of the link
     * @param translates whether IPv4 packets that leave here get the router's address as their source
     * @param dhcp the addresses that are leased to hosts of the link, or null
     * @param checksReversePath whether packets must come from where an answer to them would go
     * @param mac the router's MAC address on the link, or null for one that is made of the port's name
     * @param forwards the ports of the router's addresses here behind which are hosts inside; only with NAT
     * @param dns name servers and domains for the hosts of the link, and whether the router answers their DNS queries
     * @throws IllegalArgumentException if an address cannot be a router's, or a service has no address that it needs,
     *     or two settings exclude each other
     */
    public PortSettings {
        networks = List.copyOf(networks);
        forwards = List.copyOf(forwards);
        if (mac != null && (mac.isGroup() || mac.value() == 0)) {
            throw new IllegalArgumentException(
                    "not a MAC address of a router: mac=" + mac + " (expected: neither a group nor zero)");
        }
        networks.forEach(PortSettings::checkIsOfHost);
        checkForwards(networks, translates, forwards);
        if (translates && networks.stream().noneMatch(network -> network.address() instanceof Inet4Address)) {
            throw new IllegalArgumentException("NAT without an IPv4 address: networks=" + networks
                    + " (expected: one that packets leave with, such as 192.0.2.1/24)");
        }
        if (advertises && networks.stream().allMatch(network -> network.address() instanceof Inet4Address)) {
            throw new IllegalArgumentException("advertisements without an IPv6 address: networks=" + networks
                    + " (expected: one with the prefix to advertise, such as 2001:db8::1/64)");
        }
        if (dns.answers() && translates) {
            throw new IllegalArgumentException("DNS for whoever is outside: networks=" + networks
                    + " (expected: no NAT on a port where DNS queries are answered)");
        }
        if (dhcp != null && networkOfLeases(networks, dhcp) == null) {
            throw new IllegalArgumentException("no network of this port for the leases: first="
                    + dhcp.first().getHostAddress() + ", last=" + dhcp.last().getHostAddress()
                    + " (expected: all in one network of the port, without its own, its first and its last address)");
        }
    }

    /**
     * Everything else as it is by default: no reverse path check, a MAC address made of the port's name, no forwarded
     * ports, no DNS.
     *
     * @param networks the router's addresses on the link, with their prefixes
     * @param advertises whether the router advertises itself and its IPv6 prefixes to the hosts of the link
     * @param translates whether IPv4 packets that leave here get the router's address as their source
     * @param dhcp the addresses that are leased to hosts of the link, or null
     * @throws IllegalArgumentException if an address cannot be a router's, or a service has no address that it needs
     */
    public PortSettings(List<Cidr> networks, boolean advertises, boolean translates, DhcpPool dhcp) {
        this(networks, advertises, translates, dhcp, false, null, List.of(), DnsSettings.NONE);
    }

    /**
     * The same, with another DHCP pool.
     *
     * @param pool addresses in one network of the port; null for no DHCP server
     * @return new settings
     * @throws IllegalArgumentException if the pool fits no network of the port
     */
    public PortSettings withDhcp(DhcpPool pool) {
        return new PortSettings(networks, advertises, translates, pool, checksReversePath, mac, forwards, dns);
    }

    /**
     * The same, with packets only from where an answer to them would go.
     *
     * @return new settings
     */
    public PortSettings withReversePathCheck() {
        return new PortSettings(networks, advertises, translates, dhcp, true, mac, forwards, dns);
    }

    /**
     * The same, with a MAC address.
     *
     * @param address of the router on the link; null for one that is made of the port's name
     * @return new settings
     * @throws IllegalArgumentException if it is a group address or zero
     */
    public PortSettings withMac(MacAddress address) {
        return new PortSettings(networks, advertises, translates, dhcp, checksReversePath, address, forwards, dns);
    }

    /**
     * The same, with these ports forwarded and no others.
     *
     * @param ports at most one for each protocol, address and port; empty without NAT
     * @return new settings
     * @throws IllegalArgumentException if there is no NAT here, two of them conflict, an outside address is not the
     *     port's, or a host is not inside
     */
    public PortSettings withForwards(List<PortForward> ports) {
        return new PortSettings(networks, advertises, translates, dhcp, checksReversePath, mac, ports, dns);
    }

    /**
     * The same, with other settings of names.
     *
     * @param settings {@link DnsSettings#NONE} for none; may not answer queries on a port with NAT
     * @return new settings
     * @throws IllegalArgumentException if queries would be answered on a port with NAT
     */
    public PortSettings withDns(DnsSettings settings) {
        return new PortSettings(networks, advertises, translates, dhcp, checksReversePath, mac, forwards, settings);
    }

    private static void checkForwards(List<Cidr> networks, boolean translates, List<PortForward> forwards) {
        if (!forwards.isEmpty() && !translates) {
            throw new IllegalArgumentException("a forward of a port without NAT: forward=" + forwards.get(0)
                    + " (expected: NAT on this port; without it, hosts inside are reached by their own addresses)");
        }
        for (int i = 0; i < forwards.size(); i++) {
            PortForward forward = forwards.get(i);
            for (PortForward other : forwards.subList(0, i)) {
                if (forward.conflictsWith(other)) {
                    throw new IllegalArgumentException("a port is forwarded twice: forward=" + forward + ", other="
                            + other + " (expected: once for each protocol and address)");
                }
            }
            Inet4Address outside = forward.outsideAddress();
            if (outside != null
                    && networks.stream().noneMatch(network -> network.address().equals(outside))) {
                throw new IllegalArgumentException("a forward of an address that is not the port's: forward=" + forward
                        + ", networks=" + networks + " (expected: one of these, or none for all of them)");
            }
            int inside = (int) IpAddress.low(forward.insideAddress());
            if (networks.stream().anyMatch(network -> isIn(network, inside))) {
                throw new IllegalArgumentException("a forward to the outside: forward=" + forward + ", networks="
                        + networks + " (expected: a host behind another port of the router)");
            }
        }
    }

    private static boolean isIn(Cidr network, int address) {
        int length = network.prefixLength();
        int mask = length == 0 ? 0 : -1 << Integer.SIZE - length;
        return network.address() instanceof Inet4Address own && (((int) IpAddress.low(own) ^ address) & mask) == 0;
    }

    private static void checkIsOfHost(Cidr network) {
        InetAddress address = network.address();
        boolean isEnd = address instanceof Inet4Address && isEnd((int) IpAddress.low(address), network.prefixLength());
        if (isEnd || address.isMulticastAddress() || address.isLoopbackAddress() || address.isAnyLocalAddress()) {
            throw new IllegalArgumentException("not an address of a router: address=" + network
                    + " (expected: neither the first nor the last of its network, a group, loopback, nor unspecified)");
        }
        if (!(address instanceof Inet4Address) && address.isLinkLocalAddress()) {
            throw new IllegalArgumentException("not an address of a router: address=" + network
                    + " (expected: no link-local one; a port with IPv6 has one by itself)");
        }
    }

    /** Whether it is the network's own or that of all its hosts, which a /31 does not have: RFC 3021. */
    private static boolean isEnd(int address, int length) {
        int ofHosts = length == 0 ? -1 : (1 << Integer.SIZE - length) - 1;
        return length < Integer.SIZE - 1 && ((address & ofHosts) == 0 || (address & ofHosts) == ofHosts);
    }

    /** The pool with the names of the link, where it has none of its own. */
    DhcpPool poolWithNames() {
        List<Inet4Address> servers =
                dns.leasedServers((Inet4Address) networkOfLeases().address());
        DhcpPool pool = dns.answers() || dhcp.nameServers().isEmpty() ? dhcp.withNameServers(servers) : dhcp;
        return pool.withDomain(
                pool.domain() == null ? dns.domain() : pool.domain(),
                pool.search().isEmpty() ? dns.search() : pool.search());
    }

    /** The network whose addresses are leased. */
    Cidr networkOfLeases() {
        return networkOfLeases(networks, dhcp);
    }

    private static Cidr networkOfLeases(List<Cidr> networks, DhcpPool dhcp) {
        for (Cidr network : networks) {
            if (dhcp.fits(network)) {
                return network;
            }
        }
        return null;
    }

    /**
     * A port that forwards, and nothing else.
     *
     * @param networks the router's addresses on the link, with their prefixes
     * @return the settings
     * @throws IllegalArgumentException if an address cannot be a router's
     */
    public static PortSettings of(List<Cidr> networks) {
        return new PortSettings(networks, false, false, null);
    }
}
