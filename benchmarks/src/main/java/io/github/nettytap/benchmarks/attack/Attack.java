/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The attacks: what is sent, and into what. */
enum Attack {
    MAC("mac", Network.SWITCH, "random source addresses"),
    MAC_CHOSEN("mac-chosen", Network.SWITCH, "256 source addresses, equal in bits and sums"),
    BROADCAST("broadcast", Network.SWITCH, "frames to all"),
    MALFORMED("malformed", Network.SWITCH, "random bytes, half of them after the start of an IP header"),
    IGMP("igmp", Network.SNOOPING, "IGMPv3 reports of 180 groups each"),
    SOLICIT("solicit", Network.ROUTER, "neighbor solicitations from random addresses"),
    SOLICIT_OFF_LINK("solicit-off-link", Network.ROUTER, "the same from addresses that are not on the link"),
    ARP("arp", Network.ROUTER, "ARP requests from random addresses"),
    SCAN("scan", Network.ROUTER, "datagrams to addresses that nobody has"),
    MALFORMED_ROUTED("malformed", Network.ROUTER, "random bytes, half of them after the start of an IP header"),
    NAT_PORTS("nat-ports", Network.NAT, "datagrams of random ports through NAT"),
    NAT_CHOSEN("nat-chosen", Network.NAT, "datagrams of ports with equal sums through NAT"),
    DHCP("dhcp", Network.DHCP, "DISCOVER from random clients, pool of 65,000"),
    VXLAN("vxlan", Network.VXLAN, "inner source addresses at random"),
    VXLAN_CHOSEN("vxlan-chosen", Network.VXLAN, "inner source addresses, equal in the lower bits");

    /** What is between the hosts. */
    enum Network {
        SWITCH("bridge"),
        SNOOPING("bridge"),
        ROUTER("router"),
        NAT("router, nftables"),
        DHCP("router, dnsmasq"),
        VXLAN("vxlan, bridge");

        /** What does the same in the kernel. */
        final String kernel;

        Network(String kernel) {
            this.kernel = kernel;
        }

        boolean isRouted() {
            return this == ROUTER || this == NAT || this == DHCP;
        }
    }

    /** As {@code attack.c} calls it. */
    final String kind;

    final Network network;
    final String description;

    Attack(String kind, Network network, String description) {
        this.kind = kind;
        this.network = network;
        this.description = description;
    }

    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static List<Attack> named(List<String> names) {
        for (String name : names) {
            if (Arrays.stream(values()).noneMatch(attack -> attack.title().equals(name))) {
                throw new IllegalArgumentException("no such attack: name=" + name + " (expected: "
                        + String.join(
                                ", ", Arrays.stream(values()).map(Attack::title).toList()) + ")");
            }
        }
        return Arrays.stream(values())
                .filter(attack -> names.isEmpty() || names.contains(attack.title()))
                .toList();
    }
}
