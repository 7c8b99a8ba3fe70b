/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.NeighborOption;
import io.github.nettytap.net.routing.packet.DomainNames;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Tells the hosts of a link its prefixes, its router and its name servers, so that they configure themselves: RFC 4861,
 * section 6.2, and RFC 8106.
 */
public final class RouterAdvertisements {

    // RFC 4861, sections 6.2.1 and 10.
    private static final long MIN_INTERVAL_MILLIS = 200_000;
    private static final long MAX_INTERVAL_MILLIS = 600_000;
    private static final long INITIAL_INTERVAL_MILLIS = 16_000;
    private static final int INITIAL = 3;
    private static final long LEAST_DELAY_MILLIS = 3_000;
    private static final int LIFETIME_SECONDS = 1_800;
    private static final int VALID_SECONDS = 2_592_000;
    private static final int PREFERRED_SECONDS = 604_800;

    private static final int LENGTH = 16;
    private static final int HOP_LIMIT_FOR_HOSTS = 64;

    /** RFC 4862, section 5.5.3 (d): interface identifiers have 64 bits, so do prefixes to make addresses of. */
    private static final int AUTONOMOUS_LENGTH = 64;

    /** RFC 8106, section 5: type, length, two reserved octets, lifetime; behind it addresses or names. */
    private static final int DNS_OPTION = 8;

    private static final int LIFETIME_OF_DNS = 4;
    private static final int IPV6_LENGTH = 16;

    /** The lower half of {@code ff02::1}, all nodes. */
    private static final long ALL_NODES_LOW = 1;

    private final Output output;
    private final LongSupplier clock;
    private final List<Link> links = new ArrayList<>();

    public RouterAdvertisements(Output output, LongSupplier clock) {
        this.output = output;
        this.clock = clock;
    }

    private static final class Link {
        final RouterPort port;
        final List<InetAddress> nameServers;
        final List<String> domains;
        int sent;
        long lastSent;
        long next;

        Link(RouterPort port, List<InetAddress> nameServers, List<String> domains, long now) {
            this.port = port;
            this.nameServers = List.copyOf(nameServers);
            this.domains = List.copyOf(domains);
            next = now;
            lastSent = now - LEAST_DELAY_MILLIS;
        }
    }

    /**
     * From now on this link is told.
     *
     * @param nameServers their IPv6 addresses, for RDNSS; may be empty
     * @param domains in which hosts look for names, for DNSSL; may be empty
     */
    public void add(RouterPort port, List<InetAddress> nameServers, List<String> domains) {
        links.add(new Link(port, nameServers, domains, clock.getAsLong()));
    }

    /** A host asks. It is answered with an advertisement to all, but not sooner than is allowed after the last. */
    public void solicited(RouterPort port) {
        for (Link link : links) {
            if (link.port == port) {
                long earliest = link.lastSent + LEAST_DELAY_MILLIS;
                link.next = Math.min(link.next, Math.max(clock.getAsLong(), earliest));
            }
        }
    }

    /**
     * What is advertised has changed, or the link has come up: it is said soon, and a few times as in the beginning.
     */
    public void changed(RouterPort port) {
        for (Link link : links) {
            if (link.port == port) {
                link.sent = 0;
            }
        }
        solicited(port);
    }

    public void remove(RouterPort port) {
        links.removeIf(link -> link.port == port);
    }

    /** Sends what is due. */
    public void tick() {
        long now = clock.getAsLong();
        for (Link link : links) {
            if (now >= link.next && link.port.channel().isActive()) {
                send(link, LIFETIME_SECONDS);
                link.sent++;
                link.lastSent = now;
                link.next = now
                        + (link.sent < INITIAL
                                ? INITIAL_INTERVAL_MILLIS
                                : ThreadLocalRandom.current().nextLong(MIN_INTERVAL_MILLIS, MAX_INTERVAL_MILLIS));
            }
        }
    }

    /** The router ends: hosts are to look for another one. RFC 4861, section 6.2.5. */
    public void end() {
        for (Link link : links) {
            if (link.port.channel().isActive()) {
                send(link, 0);
            }
        }
        links.clear();
    }

    private void send(Link link, int lifetime) {
        RouterPort port = link.port;
        List<Cidr> prefixes = port.networks().stream()
                .filter(network -> !(network.address() instanceof Inet4Address))
                .toList();
        int length = LENGTH
                + NeighborOption.LINK_LAYER_ADDRESS_LENGTH
                + NeighborOption.MTU_LENGTH
                + prefixes.size() * NeighborOption.PREFIX_INFORMATION_LENGTH
                + lengthOfServers(link)
                + lengthOfDomains(link);
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_IPV6, Ipv6Header.LENGTH + length);
        int ip = output.ipIndex(frame);
        Ipv6Packets.write(frame, ip, length, Ipv6Header.NEXT_ICMPV6, NeighborDiscovery.HOP_LIMIT);
        IpAddress.write(
                frame,
                Ipv6Header.sourceIndex(ip),
                IpAddress.LINK_LOCAL_HIGH,
                port.addresses().linkLocalLow());
        IpAddress.write(frame, Ipv6Header.destinationIndex(ip), IpAddress.LINK_GROUP_HIGH, ALL_NODES_LOW);
        int icmp = ip + Ipv6Header.LENGTH;
        frame.setZero(icmp, LENGTH);
        Icmpv6Header.type(frame, icmp, NeighborDiscovery.ROUTER_ADVERTISEMENT);
        NeighborDiscovery.currentHopLimit(frame, icmp, HOP_LIMIT_FOR_HOSTS);
        NeighborDiscovery.routerLifetime(frame, icmp, lifetime);
        int option = icmp + LENGTH;
        NeighborOption.writeLinkLayerAddress(frame, option, NeighborOption.SOURCE_LINK_LAYER_ADDRESS, port.mac());
        option += NeighborOption.LINK_LAYER_ADDRESS_LENGTH;
        NeighborOption.begin(frame, option, NeighborOption.MTU, NeighborOption.MTU_LENGTH);
        NeighborOption.mtu(frame, option, port.mtu());
        option += NeighborOption.MTU_LENGTH;
        for (Cidr prefix : prefixes) {
            writePrefix(frame, option, prefix);
            option += NeighborOption.PREFIX_INFORMATION_LENGTH;
        }
        // RFC 8106, section 5.1: for as long as the router itself.
        option = writeServers(frame, option, link, lifetime);
        writeDomains(frame, option, link, lifetime);
        Icmpv6Header.updateChecksum(frame, ip, icmp, length);
        output.send(frame, port, IpAddress.groupMac(ALL_NODES_LOW));
    }

    private static int lengthOfServers(Link link) {
        return link.nameServers.isEmpty() ? 0 : DNS_OPTION + link.nameServers.size() * IPV6_LENGTH;
    }

    /** RFC 8106, section 5.2: zeros behind the names, up to a multiple of eight octets. */
    private static int lengthOfDomains(Link link) {
        int names = DomainNames.encodedLength(link.domains);
        return names == 0 ? 0 : DNS_OPTION + (names + 7 & ~7);
    }

    private static int writeServers(ByteBuf frame, int option, Link link, int lifetime) {
        int length = lengthOfServers(link);
        if (length > 0) {
            NeighborOption.begin(frame, option, NeighborOption.RECURSIVE_DNS_SERVER, length);
            frame.setInt(option + LIFETIME_OF_DNS, lifetime);
            int at = option + DNS_OPTION;
            for (InetAddress server : link.nameServers) {
                IpAddress.write(frame, at, IpAddress.high(server), IpAddress.low(server));
                at += IPV6_LENGTH;
            }
        }
        return option + length;
    }

    private static void writeDomains(ByteBuf frame, int option, Link link, int lifetime) {
        int length = lengthOfDomains(link);
        if (length > 0) {
            NeighborOption.begin(frame, option, NeighborOption.DNS_SEARCH_LIST, length);
            frame.setInt(option + LIFETIME_OF_DNS, lifetime);
            DomainNames.write(frame, option + DNS_OPTION, link.domains);
        }
    }

    private static void writePrefix(ByteBuf frame, int option, Cidr prefix) {
        int length = prefix.prefixLength();
        NeighborOption.begin(
                frame, option, NeighborOption.PREFIX_INFORMATION, NeighborOption.PREFIX_INFORMATION_LENGTH);
        NeighborOption.prefixLength(frame, option, length);
        NeighborOption.prefixFlags(
                frame,
                option,
                length == AUTONOMOUS_LENGTH
                        ? NeighborOption.FLAG_ON_LINK | NeighborOption.FLAG_AUTONOMOUS
                        : NeighborOption.FLAG_ON_LINK);
        NeighborOption.validLifetime(frame, option, VALID_SECONDS);
        NeighborOption.preferredLifetime(frame, option, PREFERRED_SECONDS);
        long high = IpAddress.high(prefix.address()) & IpAddress.highMask(length);
        long low = IpAddress.low(prefix.address()) & IpAddress.lowMask(length);
        IpAddress.write(frame, NeighborOption.prefixIndex(option), high, low);
    }
}
