/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.PortAddresses;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the router says of itself on a link that has come up: which groups it listens to, that it is about to use its
 * addresses, and, when nobody objects, that they are at its MAC address. So neighbors that knew another one learn it,
 * and a switch in between where it is.
 *
 * <pre>
 *   0 s   MLD report; ARP probe, neighbor solicitation from the unspecified address for each own address
 *   1 s   ARP announcement, unsolicited neighbor advertisement for each, and the MLD report again
 *   3 s   the same
 * </pre>
 *
 * <p>RFC 5227, section 2; RFC 4862, section 5.4; RFC 4861, section 7.2.6; RFC 3810, section 6.1. Unlike a host, the
 * router uses its addresses from the beginning, and does not give one up that somebody else claims: whoever is on the
 * link could take them all from it. It defends them, once in ten seconds, counts the claims and logs the first (RFC
 * 5227, section 2.4 (c)).
 */
public final class Announcements {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Announcements.class);

    // RFC 5227, section 1.1: PROBE_NUM is one here, ANNOUNCE_WAIT and ANNOUNCE_INTERVAL, DEFEND_INTERVAL.
    private static final long[] AFTER_MILLIS = {0, 1_000, 3_000};
    private static final long DEFEND_MILLIS = 10_000;

    private final Arp arp;
    private final NeighborMessages messages;
    private final MldReports reports;
    private final LongSupplier clock;
    private final List<Link> links = new ArrayList<>();

    public Announcements(Arp arp, NeighborMessages messages, MldReports reports, LongSupplier clock) {
        this.arp = arp;
        this.messages = messages;
        this.reports = reports;
        this.clock = clock;
    }

    private static final class Link {
        final RouterPort port;
        long since;
        int step;
        long defended;

        Link(RouterPort port, long now) {
            this.port = port;
            since = now;
            defended = now - DEFEND_MILLIS;
        }
    }

    private Link link(RouterPort port) {
        for (Link link : links) {
            if (link.port == port) {
                return link;
            }
        }
        return null;
    }

    /** The port is there, or its link has come up again. */
    public void begin(RouterPort port) {
        Link link = link(port);
        if (link == null) {
            links.add(new Link(port, clock.getAsLong()));
        } else {
            link.since = clock.getAsLong();
            link.step = 0;
        }
    }

    public void remove(RouterPort port) {
        links.removeIf(link -> link.port == port);
    }

    /** Sends what is due. */
    public void tick() {
        long now = clock.getAsLong();
        for (Link link : links) {
            if (link.step < AFTER_MILLIS.length
                    && now - link.since >= AFTER_MILLIS[link.step]
                    && link.port.channel().isActive()) {
                send(link.port, link.step == 0);
                link.step++;
            }
        }
    }

    private void send(RouterPort port, boolean isProbe) {
        PortAddresses addresses = port.addresses();
        if (addresses.hasIpv6()) {
            reports.report(port);
        }
        for (int i = 0; i < addresses.ipv4Count(); i++) {
            arp.announce(port, addresses.ipv4(i), isProbe);
        }
        for (int i = 0; i < addresses.ipv6Count(); i++) {
            if (isProbe) {
                messages.probe(port, addresses.ipv6High(i), addresses.ipv6Low(i));
            } else {
                messages.announce(port, addresses.ipv6High(i), addresses.ipv6Low(i));
            }
        }
    }

    /**
     * A host of the link has said that it has an address of the router's.
     *
     * @param ipv4 the address if it is of IPv4, else 0
     * @param high the upper half of the address, IPv4 mapped
     * @param low the lower half
     * @param mac where it says to have it
     */
    public void claimed(RouterPort port, int ipv4, long high, long low, long mac) {
        if (mac == port.mac()) {
            return; // An echo of what the router itself has said.
        }
        if (port.count(RouterCounter.ADDRESS_CONFLICT) == 0) {
            LOGGER.warn(
                    "an address of the router is used by somebody else, more of this port are only counted: port={},"
                            + " address={}, mac={} (expected: each address once on a link)",
                    port.name(),
                    IpAddress.toString(high, low),
                    MacAddress.of(mac));
        }
        port.increment(RouterCounter.ADDRESS_CONFLICT);
        Link link = link(port);
        long now = clock.getAsLong();
        if (link != null && now - link.defended >= DEFEND_MILLIS) {
            link.defended = now;
            if (ipv4 != 0) {
                arp.announce(port, ipv4, false);
            } else {
                messages.announce(port, high, low);
            }
        }
    }
}
