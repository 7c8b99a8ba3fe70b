/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.NeighborOption;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.dns.Upstream;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A router whose ports are channels in memory, without virtio-net headers; what goes out is told as text. */
final class MemoryRouter implements AutoCloseable {

    static final long ROUTER_MAC = 0x02_00_00_00_00_10L;
    static final long HOST_MAC = 0x02_00_00_00_00_20L;

    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private final List<RouterPort> ports = new ArrayList<>();
    private long millis = 1_000_000;
    private boolean clockFails;
    private boolean settles = true;

    private final int vnetHeaderSize;
    final Router router;

    MemoryRouter() {
        this(0);
    }

    /** A router whose frames have virtio-net headers of this size. */
    MemoryRouter(int vnetHeaderSize) {
        this(vnetHeaderSize, NatSettings.DEFAULT);
    }

    MemoryRouter(int vnetHeaderSize, NatSettings nat) {
        this(vnetHeaderSize, nat, Upstream.NONE);
    }

    MemoryRouter(int vnetHeaderSize, NatSettings nat, Upstream upstream) {
        this.vnetHeaderSize = vnetHeaderSize;
        router = new Router(VnetHeader.ofLength(vnetHeaderSize), nat, this::time, upstream, (port, cause) -> {
            throw new AssertionError(cause);
        });
    }

    private long time() {
        if (clockFails) {
            throw new IllegalStateException("the clock fails on purpose");
        }
        return millis;
    }

    /** Stands for an error of the router that nobody knows yet: whatever asks for the time fails. */
    void failClock(boolean fails) {
        clockFails = fails;
        router.endBatch();
    }

    /** What has gone wrong with frames of a port, besides what is wrong with the frames. */
    long failures(int port) {
        return at(port).count(RouterCounter.FAILED);
    }

    /** A frame with a virtio-net header in front, which is zero. Owns the frame. */
    ByteBuf withHeader(ByteBuf frame) {
        ByteBuf all = Unpooled.directBuffer(vnetHeaderSize + frame.readableBytes());
        all.writeZero(vnetHeaderSize).writeBytes(frame);
        frame.release();
        return all;
    }

    /** Adds a port, whose MAC address is the router's first one plus its number. */
    int port(int mtu, String... networks) {
        return port(mtu, PortSettings.of(Stream.of(networks).map(Cidr::parse).toList()));
    }

    /** Adds a port that takes packets only from where an answer would go. */
    int strictPort(int mtu, String... networks) {
        return port(
                mtu,
                PortSettings.of(Stream.of(networks).map(Cidr::parse).toList()).withReversePathCheck());
    }

    /** The answer of a host to a question for its MAC address. */
    static ByteBuf advertisement(int port, String host, String router) {
        int length = 24 + NeighborOption.LINK_LAYER_ADDRESS_LENGTH;
        ByteBuf frame = ipv6(port, host, router, Ipv6Header.NEXT_ICMPV6, NeighborDiscovery.HOP_LIMIT, length);
        int icmp = EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        Icmpv6Header.type(frame, icmp, NeighborDiscovery.NEIGHBOR_ADVERTISEMENT);
        NeighborDiscovery.flags(frame, icmp, NeighborDiscovery.FLAG_SOLICITED | NeighborDiscovery.FLAG_OVERRIDE);
        writeIpv6(frame, NeighborDiscovery.targetIndex(icmp), host);
        NeighborOption.writeLinkLayerAddress(frame, icmp + 24, NeighborOption.TARGET_LINK_LAYER_ADDRESS, HOST_MAC);
        Icmpv6Header.updateChecksum(frame, EthernetHeader.LENGTH, icmp, length);
        return frame;
    }

    /** Adds a port that packets leave with the router's address, and hosts inside that are reached by ports of it. */
    int natPort(int mtu, String network, String... forwards) {
        return port(
                mtu,
                new PortSettings(List.of(Cidr.parse(network)), false, true, null)
                        .withForwards(
                                Stream.of(forwards).map(PortForward::parse).toList()));
    }

    int port(int mtu, PortSettings settings) {
        EmbeddedChannel channel = new EmbeddedChannel();
        RouterPort port = router.addPort(channel, ROUTER_MAC + channels.size(), mtu, TapOffload.NONE, settings, null);
        channel.pipeline().addLast(router.handler(port));
        channels.add(channel);
        ports.add(port);
        if (settles) {
            settle();
        }
        return ports.size() - 1;
    }

    /** From now on what ports say of themselves in the beginning is to be seen. */
    MemoryRouter watchStart() {
        settles = false;
        return this;
    }

    /** Lets pass what ports say of themselves in the beginning. */
    private void settle() {
        for (int i = 0; i < 5; i++) {
            passMillis(1_000);
        }
        for (int port = 0; port < ports.size(); port++) {
            sent(port);
        }
    }

    RouterPort at(int port) {
        return ports.get(port);
    }

    void passMillis(long more) {
        millis += more;
        router.tick();
    }

    void close(int port) {
        channels.get(port).close();
    }

    /** A frame comes in. */
    void receive(int port, ByteBuf frame) {
        channels.get(port).writeInbound(frame);
    }

    /** What has gone out of a port since the last question, each frame as tcpdump would print it. */
    List<String> sent(int port) {
        List<String> frames = new ArrayList<>();
        for (ByteBuf frame = take(port); frame != null; frame = take(port)) {
            frames.add(FramePrinter.LINK_LEVEL.print(frame.skipBytes(vnetHeaderSize)));
            frame.release();
        }
        return frames;
    }

    /** The next frame that has gone out of a port, or null. */
    ByteBuf take(int port) {
        return channels.get(port).readOutbound();
    }

    /** A host behind the port says that it has the address. */
    void arpReply(int port, String address) {
        ByteBuf frame = ethernet(port, EthernetHeader.TYPE_ARP, ArpHeader.LENGTH);
        int own = at(port).addresses().source(ipv4(address));
        ArpHeader.write(frame, EthernetHeader.LENGTH, ArpHeader.REPLY, HOST_MAC, ipv4(address), ROUTER_MAC + port, own);
        receive(port, withHeader(frame));
    }

    /** A UDP packet to the router's MAC address, from a port to a port of one number, with this much payload. */
    static ByteBuf udp(int port, String source, String destination, int timeToLive, int fragment, int payload) {
        int length = Ipv4Header.MIN_LENGTH + UdpHeader.LENGTH + payload;
        ByteBuf frame = ethernet(port, EthernetHeader.TYPE_IPV4, length);
        int ip = EthernetHeader.LENGTH;
        Ipv4Packets.write(frame, ip, length, Ipv4Header.PROTOCOL_UDP, ipv4(source), ipv4(destination));
        Ipv4Header.fragment(frame, ip, fragment);
        Ipv4Header.timeToLive(frame, ip, timeToLive);
        Ipv4Header.updateChecksum(frame, ip);
        int udp = ip + Ipv4Header.MIN_LENGTH;
        frame.setZero(udp, UdpHeader.LENGTH + payload);
        UdpHeader.sourcePort(frame, udp, 1000);
        UdpHeader.destinationPort(frame, udp, 2000);
        UdpHeader.length(frame, udp, UdpHeader.LENGTH + payload);
        return frame;
    }

    /** A UDP packet to the MAC address of the router's first port. */
    static ByteBuf udp6(String source, String destination) {
        ByteBuf frame = ipv6(0, source, destination, Ipv4Header.PROTOCOL_UDP, 64, 20);
        int udp = EthernetHeader.LENGTH + Ipv6Header.LENGTH;
        UdpHeader.sourcePort(frame, udp, 1000);
        UdpHeader.destinationPort(frame, udp, 2000);
        UdpHeader.length(frame, udp, 20);
        return frame;
    }

    /** An IPv6 packet to the router's MAC address, everything behind its header zero. */
    static ByteBuf ipv6(int port, String source, String destination, int protocol, int hopLimit, int length) {
        ByteBuf frame = ethernet(port, EthernetHeader.TYPE_IPV6, Ipv6Header.LENGTH + length);
        int ip = EthernetHeader.LENGTH;
        frame.setZero(ip, Ipv6Header.LENGTH + length);
        Ipv6Packets.write(frame, ip, length, protocol, hopLimit);
        writeIpv6(frame, Ipv6Header.sourceIndex(ip), source);
        writeIpv6(frame, Ipv6Header.destinationIndex(ip), destination);
        return frame;
    }

    static void writeIpv6(ByteBuf frame, int index, String text) {
        try {
            InetAddress address = InetAddress.getByName(text);
            IpAddress.write(frame, index, IpAddress.high(address), IpAddress.low(address));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    static ByteBuf ethernet(int port, int type, int length) {
        ByteBuf frame = Unpooled.directBuffer(EthernetHeader.LENGTH + length);
        frame.writerIndex(EthernetHeader.LENGTH + length);
        EthernetHeader.destination(frame, 0, ROUTER_MAC + port);
        EthernetHeader.source(frame, 0, HOST_MAC);
        EthernetHeader.type(frame, 0, type);
        return frame;
    }

    static int ipv4(String address) {
        try {
            return (int) IpAddress.low(InetAddress.getByName(address));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        router.close();
    }
}
