/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.dhcp.DhcpLeaseFile;
import io.github.nettytap.net.routing.dhcp.DhcpServer;
import io.github.nettytap.net.routing.dns.DnsCounter;
import io.github.nettytap.net.routing.dns.DnsForwarder;
import io.github.nettytap.net.routing.dns.HostNames;
import io.github.nettytap.net.routing.dns.Upstream;
import io.github.nettytap.net.routing.forwarding.IcmpErrors;
import io.github.nettytap.net.routing.forwarding.Ipv4Forwarding;
import io.github.nettytap.net.routing.forwarding.Ipv6Forwarding;
import io.github.nettytap.net.routing.forwarding.LocalDns;
import io.github.nettytap.net.routing.forwarding.LocalIpv4;
import io.github.nettytap.net.routing.forwarding.LocalIpv6;
import io.github.nettytap.net.routing.forwarding.LocalOutput;
import io.github.nettytap.net.routing.nat.ForwardedPort;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import io.github.nettytap.net.routing.nat.SourceNat;
import io.github.nettytap.net.routing.neighbor.Announcements;
import io.github.nettytap.net.routing.neighbor.Arp;
import io.github.nettytap.net.routing.neighbor.MldReports;
import io.github.nettytap.net.routing.neighbor.Neighbor;
import io.github.nettytap.net.routing.neighbor.NeighborMessages;
import io.github.nettytap.net.routing.neighbor.NextHops;
import io.github.nettytap.net.routing.neighbor.RouterAdvertisements;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.routing.table.Routes;
import io.github.nettytap.net.table.TableCounter;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * The router proper: ports that are any Netty channels of frames, and everything between them. {@link TapRouter} is one
 * whose ports are TAPs.
 *
 * <p>Every method is to be called on the one event loop that all its channels have, but {@link #close}.
 */
public final class Router {

    private final Output output;
    private final Routes routes = new Routes();
    private final LongSupplier clock;
    private final BiConsumer<RouterPort, Throwable> onFailure;
    private final NextHops nextHops;
    private final IcmpErrors errors;
    private final Arp arp;
    private final SourceNat nat;
    private final RouterAdvertisements advertisements;
    private final NeighborMessages neighbors;
    private final MldReports reports;
    private final Announcements announcements;
    private final LocalIpv4 localIpv4;
    private final HostNames names;
    private final DnsForwarder dns;
    private final Ipv4Forwarding ipv4;
    private final Ipv6Forwarding ipv6;

    /** Those of all ports, in the order of these, for the counts. */
    private final Map<RouterPort, DhcpServer> dhcpServers = Collections.synchronizedMap(new LinkedHashMap<>());

    private final List<RouterPort> ports = new ArrayList<>();

    /** The time of the batch; it is asked once for all its frames. */
    private long now;

    private boolean inBatch;
    private int portCount;

    /**
     * A router without ports that knows no way to name servers.
     *
     * @param vnetHeader what stands in front of the frames of all ports
     * @param natSettings how much NAT remembers, and for how long
     * @param clock milliseconds that only grow
     * @param onFailure told when a port has failed; its channel is closed then
     */
    public Router(
            VnetHeader vnetHeader,
            NatSettings natSettings,
            LongSupplier clock,
            BiConsumer<RouterPort, Throwable> onFailure) {
        this(vnetHeader, natSettings, clock, Upstream.NONE, onFailure);
    }

    /**
     * A router without ports.
     *
     * @param vnetHeader what stands in front of the frames of all ports
     * @param natSettings how much NAT remembers, and for how long
     * @param clock milliseconds that only grow
     * @param upstream the way to name servers, for ports that answer DNS queries
     * @param onFailure told when a port has failed; its channel is closed then
     */
    public Router(
            VnetHeader vnetHeader,
            NatSettings natSettings,
            LongSupplier clock,
            Upstream upstream,
            BiConsumer<RouterPort, Throwable> onFailure) {
        this.clock = clock;
        this.onFailure = onFailure;
        output = new Output(vnetHeader);
        nextHops = new NextHops(output, this::now, new NextHopEvents());
        LocalOutput originator = new LocalOutput(output, routes, nextHops);
        errors = new IcmpErrors(output, originator, this::now);
        advertisements = new RouterAdvertisements(output, this::now);
        neighbors = new NeighborMessages(output, nextHops, this::claimed);
        reports = new MldReports(output, this::now);
        nat = new SourceNat(vnetHeader, this::now, natSettings);
        names = new HostNames(this::now);
        dns = new DnsForwarder(names, upstream, this::now, this::isOwn, this::endBatch);
        LocalDns localDns = new LocalDns(output, originator, dns);
        localIpv4 = new LocalIpv4(output, originator, errors, localDns);
        arp = new Arp(output, nextHops, new ArpListener());
        ipv4 = new Ipv4Forwarding(output, routes, nextHops, errors, localIpv4, nat);
        ipv6 = new Ipv6Forwarding(
                output,
                routes,
                nextHops,
                errors,
                new LocalIpv6(output, originator, errors, neighbors, advertisements, reports, localDns));
        announcements = new Announcements(arp, neighbors, reports, this::now);
    }

    /**
     * Checks that a port can be added besides those that there are. {@link #addPort} does not check it again.
     *
     * @param settings those of the port to be added
     * @throws IllegalArgumentException if a network of it is on another port
     */
    public void check(PortSettings settings) {
        settings.networks().forEach(routes::check);
    }

    /**
     * Makes a channel a port. Its pipeline is to get the {@linkplain #handler handler} of the port.
     *
     * @param channel on the event loop of the router; its owner closes it
     * @param mac the router's MAC address on this link, in the low 48 bits, first octet most significant
     * @param mtu the longest IP packet that the link takes, in bytes
     * @param offloads what the other side of the channel takes
     * @param settings what it is to be
     * @param leases where the leases of its DHCP server are kept, or null; closed by {@link #close}, or by what {@link
     *     #removePort} returns
     * @return the port
     */
    public RouterPort addPort(
            Channel channel, long mac, int mtu, Set<TapOffload> offloads, PortSettings settings, DhcpLeaseFile leases) {
        RouterPort port = new RouterPort(
                channel,
                output.vnetHeader(),
                offloads,
                portCount++,
                mac,
                mtu,
                settings.networks(),
                settings.translates(),
                settings.checksReversePath());
        if (settings.dhcp() != null) {
            DhcpServer server = new DhcpServer(
                    port, settings.poolWithNames(), settings.networkOfLeases(), output, this::now, leases, names);
            localIpv4.serve(port, server);
            dhcpServers.put(port, server);
        }
        settings.networks().forEach(network -> routes.addNetwork(port, network));
        settings.forwards().forEach(forward -> addForward(port, forward));
        if (settings.advertises()) {
            advertisements.add(
                    port, settings.dns().advertisedServers(port), settings.dns().searchDomains());
        }
        if (settings.dns().answers()) {
            dns.serve(port, settings.dns());
        }
        ports.add(port);
        announcements.begin(port);
        return port;
    }

    private void addForward(RouterPort port, PortForward forward) {
        for (int i = 0; i < port.addresses().ipv4Count(); i++) {
            int address = port.addresses().ipv4(i);
            if (forward.outsideAddress() == null || (int) IpAddress.low(forward.outsideAddress()) == address) {
                nat.addForward(forward, address);
            }
        }
    }

    /**
     * Makes the handler of a port, the last one of its channel's pipeline. It takes {@link ByteBuf}s, a frame each with
     * the virtio-net header in front, and owns them from then on.
     *
     * @param port made by {@link #addPort} for this channel
     * @return a new handler
     */
    public ChannelHandler handler(RouterPort port) {
        return new RouterHandler(this, port);
    }

    /**
     * Adds a route through a gateway, or replaces the one of the same prefix.
     *
     * @param destination the prefix
     * @param gateway an address in the network of a port, of the same IP version
     * @throws IllegalArgumentException if the gateway is not on a network of a port, or of another IP version
     */
    public void addRoute(Cidr destination, InetAddress gateway) {
        routes.add(destination, gateway);
    }

    /**
     * Forgets a route through a gateway.
     *
     * @param destination the prefix of one that was added
     * @throws IllegalArgumentException if there is none
     */
    public void removeRoute(Cidr destination) {
        routes.remove(destination);
    }

    /**
     * The routing table, for people to read.
     *
     * @return a copy: the networks of ports, then the routes through gateways
     */
    public List<Routes.Entry> routes() {
        return routes.entries();
    }

    /**
     * The connections that NAT knows, for people to read. Walks the whole table.
     *
     * @param most how many at most
     * @return in no order
     */
    public List<SourceNat.Entry> natEntries(int most) {
        return nat.entries(most);
    }

    /**
     * How many connections NAT knows. Any thread may ask.
     *
     * @return the number, including those whose time is over but whose timer has not run yet
     */
    public int natSize() {
        return nat.size();
    }

    /**
     * Forgets a port whose channel is closed: its networks, the routes through gateways in them, its DHCP server.
     *
     * @param port a port of this router
     * @return ends what its services do beside the event loop, and waits for the disk: not to be run on the loop
     */
    public Runnable removePort(RouterPort port) {
        remove(port);
        ports.remove(port);
        routes.remove(port);
        for (int i = 0; i < port.addresses().ipv4Count(); i++) {
            nat.removeForwards(port.addresses().ipv4(i));
        }
        dhcpServers.remove(port);
        dns.unserve(port);
        DhcpServer server = localIpv4.unserve(port);
        return server == null ? () -> {} : server::close;
    }

    /** Every now and then, at least once a second: what has not been answered is asked again or given up. */
    public void tick() {
        nextHops.tick();
        errors.tick();
        announcements.tick();
        reports.tick();
        advertisements.tick();
        nat.tick();
        localIpv4.tick();
        dns.tick();
        endBatch();
    }

    /** The last thing before its ports are closed. */
    public void end() {
        advertisements.end();
        dns.close();
        endBatch();
    }

    /** Ends what goes on beside the event loop, once that does nothing more. Waits for the disk. */
    public void close() {
        localIpv4.close();
    }

    /** After the frames of a batch. */
    void endBatch() {
        inBatch = false;
        output.endBatch();
    }

    /** The port is gone. */
    void remove(RouterPort port) {
        nextHops.remove(port);
        announcements.remove(port);
        reports.remove(port);
        advertisements.remove(port);
    }

    /** The link of a port has come up, or got its carrier: whoever is on it now knows nothing of the router. */
    void linkUp(RouterPort port) {
        announcements.begin(port);
        advertisements.changed(port);
    }

    /** The link of a port is down: who will be on it when it comes up is not known. */
    void linkDown(RouterPort port) {
        nextHops.forget(port);
    }

    /** The link of a port takes longer or shorter packets. */
    void mtuChanged(RouterPort port, int mtu) {
        port.mtu(mtu);
        advertisements.changed(port);
    }

    private void claimed(RouterPort port, long high, long low, long mac) {
        announcements.claimed(port, 0, high, low, mac);
    }

    void failed(RouterPort port, Throwable cause) {
        onFailure.accept(port, cause);
    }

    Output output() {
        return output;
    }

    int vnetHeaderSize() {
        return output.vnetHeaderSize();
    }

    Arp arp() {
        return arp;
    }

    Ipv4Forwarding ipv4() {
        return ipv4;
    }

    Ipv6Forwarding ipv6() {
        return ipv6;
    }

    /** Its NAT. */
    SourceNat nat() {
        return nat;
    }

    /**
     * The ports that are forwarded to hosts inside. Any thread may ask.
     *
     * @return the live list, one entry for each outside address of a forward; not to be changed
     */
    public List<ForwardedPort> forwardedPorts() {
        return nat.forwardedPorts();
    }

    /**
     * How full its tables are. Any thread may ask.
     *
     * @return neighbors, NAT and DNS queries, then the leases of each port with a DHCP server
     */
    public List<RouterTable> tables() {
        List<RouterTable> tables = new ArrayList<>();
        tables.add(new RouterTable(
                "neighbors",
                "",
                nextHops.size(),
                NextHops.CAPACITY,
                nextHops.count(TableCounter.EVICTED) + nextHops.count(TableCounter.EVICTED_OWN),
                nextHops.count(TableCounter.REFUSED)));
        tables.add(new RouterTable(
                "nat",
                "",
                nat.size(),
                nat.capacity(),
                nat.count(TableCounter.EVICTED) + nat.count(TableCounter.EVICTED_OWN),
                nat.count(TableCounter.REFUSED)));
        tables.add(new RouterTable(
                "dns",
                "",
                dns.size(),
                DnsForwarder.CAPACITY,
                dns.evicted(),
                dns.counters().get(DnsCounter.LIMITED)));
        // Locked by the map itself, for as long as the few take.
        dhcpServers.forEach((port, server) -> tables.add(
                new RouterTable("leases", port.name(), server.leased(), server.size(), 0, server.refused())));
        return tables;
    }

    /**
     * What has happened to DNS queries. Any thread may read it.
     *
     * @return the live counters
     */
    public EnumCounters<DnsCounter> dnsCounters() {
        return dns.counters();
    }

    /**
     * How often a DHCP client wanted a name that it could not have. Any thread may ask.
     *
     * @return the number since the router was made
     */
    public long namesRefused() {
        return names.refused();
    }

    private boolean isOwn(InetAddress address) {
        for (RouterPort port : ports) {
            if (DnsForwarder.isOwn(port, address)) {
                return true;
            }
        }
        return false;
    }

    /** How many neighbors are known or asked for. */
    int neighbors() {
        return nextHops.size();
    }

    private long now() {
        if (!inBatch) {
            inBatch = true;
            now = clock.getAsLong();
        }
        return now;
    }

    private final class ArpListener implements Arp.Listener {
        @Override
        public void heard(RouterPort port, int address, long mac) {
            localIpv4.heard(port, address, mac);
        }

        @Override
        public void claimed(RouterPort port, int address, long mac) {
            announcements.claimed(port, address, 0, IpAddress.mapped(address), mac);
        }
    }

    private final class NextHopEvents implements NextHops.Events {
        @Override
        public void solicit(Neighbor neighbor) {
            if (neighbor.isIpv4()) {
                arp.solicit(neighbor);
            } else {
                neighbors.solicit(neighbor);
            }
        }

        @Override
        public void unreachable(ByteBuf frame, RouterPort from) {
            int type = EthernetHeader.type(frame, frame.readerIndex() + output.vnetHeaderSize());
            if (type == EthernetHeader.TYPE_IPV4) {
                int ip = output.ipIndex(frame);
                int outside = from.translates() ? from.addresses().source(Ipv4Header.source(frame, ip)) : 0;
                nat.undo(frame, ip, outside);
                errors.sendIpv4(
                        frame, from, Icmpv4Header.DESTINATION_UNREACHABLE, Icmpv4Header.CODE_HOST_UNREACHABLE, 0);
            } else {
                errors.sendIpv6(
                        frame, from, Icmpv6Header.DESTINATION_UNREACHABLE, Icmpv6Header.CODE_ADDRESS_UNREACHABLE, 0);
            }
        }
    }
}
