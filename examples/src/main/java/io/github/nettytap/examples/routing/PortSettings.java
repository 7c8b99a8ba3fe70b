/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.routing;

import io.github.nettytap.examples.routing.dhcp.DhcpPool;
import io.github.nettytap.transport.netlink.Cidr;

import java.util.List;

/**
 * What a port of the router is to be.
 *
 * @param networks the router's addresses on the link, with their prefixes
 * @param advertises whether the hosts of the link are told the IPv6 prefixes and the router
 * @param translates whether IPv4 packets that leave here get the router's address as their source
 * @param dhcp the addresses that are leased to hosts of the link, or null
 */
public record PortSettings(List<Cidr> networks, boolean advertises, boolean translates, DhcpPool dhcp) {

    /** Checks that the leased addresses are on the link, and nobody's yet. */
    public PortSettings {
        networks = List.copyOf(networks);
        if (dhcp != null && networkOfLeases(networks, dhcp) == null) {
            throw new IllegalArgumentException("no network of this port for the leases: first="
                    + dhcp.first().getHostAddress() + ", last=" + dhcp.last().getHostAddress()
                    + " (expected: all in one network of the port, without its own, its first and its last address)");
        }
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

    /** A port that forwards, and nothing else. */
    public static PortSettings of(List<Cidr> networks) {
        return new PortSettings(networks, false, false, null);
    }
}
