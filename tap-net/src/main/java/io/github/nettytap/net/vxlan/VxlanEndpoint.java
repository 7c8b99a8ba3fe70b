/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.offload.ChecksumOffloadHandler;
import io.github.nettytap.codec.offload.SegmentationHandler;
import io.github.nettytap.codec.tunnel.VxlanEvent;
import io.github.nettytap.codec.tunnel.VxlanPeers;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.net.port.UdpGsoCounters;
import io.github.nettytap.net.port.UdpGsoHandler;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A VXLAN tunnel endpoint that runs.
 *
 * <pre>
 *  tap0 ── codec ── segmentation ── checksums ── TapToTunnel ──┐
 *                                                              ├── TunnelSockets ── other endpoints
 *  tap1 ── codec ── ...  (and back: TunnelToTap) ──────────────┘
 * </pre>
 *
 * <p>The far end knows nothing of offloads, so GSO frames are cut and checksums completed before encapsulation. Their
 * segments leave by one write nevertheless: see {@link UdpGsoHandler}.
 */
public final class VxlanEndpoint implements AutoCloseable {

    /** How many sockets send unless something else is said: enough for a card with as many queues as usual. */
    public static final int DEFAULT_SOURCE_PORTS = 8;

    private final TapEventLoopGroup loops;
    private final SocketCounters counters = new SocketCounters();
    private final TunnelToTap tunnelToTap = new TunnelToTap(counters);
    private final TunnelSockets sockets;
    private final List<TapChannel> taps = new CopyOnWriteArrayList<>();

    /**
     * Opens the tunnel.
     *
     * @param loops one event loop, which remains the caller's
     * @param peers the networks and other endpoints, for the endpoint alone from now on
     * @param local where to listen
     * @param sourcePorts how many ports flows are sent from; 0 for the one that is listened on
     */
    public VxlanEndpoint(TapEventLoopGroup loops, VxlanPeers peers, InetSocketAddress local, int sourcePorts)
            throws Exception {
        this.loops = loops;
        sockets = new TunnelSockets(loops, peers, local, sourcePorts, counters, tunnelToTap);
    }

    /**
     * Joins a TAP to a network.
     *
     * @param device an open device with a virtio-net header, which the endpoint closes with itself
     * @param vni the network, one that the peers have
     * @return the channel, which closes when the device is deleted
     */
    public TapChannel add(TapDevice device, int vni) throws InterruptedException {
        TapChannel tap = (TapChannel) new Bootstrap()
                .group(loops)
                .channelFactory(TapChannel.factory(device))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new VirtioNetCodec(device.vnetHeader()))
                                .addLast(SegmentationHandler.inbound(VxlanHeader.LENGTH))
                                .addLast(ChecksumOffloadHandler.completing())
                                .addLast(new TapToTunnel(vni, sockets.sending(), counters));
                    }
                })
                .register()
                .sync()
                .channel();
        boolean joins = !device.offloads().isEmpty();
        tap.eventLoop().submit(() -> tunnelToTap.add(vni, tap, joins)).sync();
        taps.add(tap);
        return tap;
    }

    /** The channels of the TAPs, in the order in which they were added. */
    public List<TapChannel> taps() {
        return List.copyOf(taps);
    }

    /** The addresses that are listened on, first, and sent from. */
    public List<String> sockets() {
        return sockets.addresses();
    }

    /** How often something happened to frames at the tunnel. */
    public long count(VxlanEvent event) {
        return sockets.count(event);
    }

    /** Frames lost because a TAP or the socket was full. */
    public long congested() {
        return counters.congested();
    }

    /** What the sockets made of datagrams: sent together, refused so, and not sent at all. */
    public UdpGsoCounters datagrams() {
        return counters.gso();
    }

    @Override
    public void close() {
        taps.forEach(tap -> tap.close().syncUninterruptibly());
        sockets.close();
    }
}
