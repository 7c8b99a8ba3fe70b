/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.vxlan;

import io.github.nettytap.codec.offload.ChecksumOffloadHandler;
import io.github.nettytap.codec.offload.SegmentationHandler;
import io.github.nettytap.codec.tunnel.VxlanEvent;
import io.github.nettytap.codec.tunnel.VxlanHandler;
import io.github.nettytap.codec.tunnel.VxlanPeers;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.uring.IoUringDatagramChannel;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A VXLAN tunnel endpoint that runs.
 *
 * <pre>
 *  tap0 ── codec ── segmentation ── checksums ── TapToTunnel ──┐
 *                                                              ├── VxlanHandler ── UDP socket ── other endpoints
 *  tap1 ── codec ── ...  (and back: TunnelToTap) ──────────────┘
 * </pre>
 *
 * <p>The far end knows nothing of offloads, so superframes are cut and checksums completed before encapsulation.
 */
public final class VxlanEndpoint implements AutoCloseable {

    /** The longest datagram: a shorter buffer would cut it and say nothing. */
    private static final int MAX_DATAGRAM = 65_535;

    /** So that bursts of the TAP, which holds 1000 frames, find room. */
    private static final int SOCKET_BUFFER = 4 << 20;

    private static final int MAX_FRAMES_PER_READ = 64;

    private final TapEventLoopGroup loops;
    private final EndpointCounters counters = new EndpointCounters();
    private final TunnelToTap tunnelToTap = new TunnelToTap(counters);
    private final VxlanHandler vxlan;
    private final Channel tunnel;
    private final List<TapChannel> taps = new CopyOnWriteArrayList<>();

    /**
     * Opens the tunnel.
     *
     * @param loops one event loop, which remains the caller's
     * @param peers the networks and other endpoints, for the endpoint alone from now on
     * @param local where to listen
     */
    public VxlanEndpoint(TapEventLoopGroup loops, VxlanPeers peers, InetSocketAddress local)
            throws InterruptedException {
        this.loops = loops;
        // Each frame has memory of its own in front, and tagged ones pass as they do through the kernel's device.
        vxlan = new VxlanHandler(peers, true, true);
        tunnel = new Bootstrap()
                .group(loops)
                .channel(loops.io() == TapIoType.EPOLL ? EpollDatagramChannel.class : IoUringDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER)
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(SOCKET_BUFFER / 4, SOCKET_BUFFER))
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(MAX_DATAGRAM).maxMessagesPerRead(MAX_FRAMES_PER_READ))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(vxlan, tunnelToTap);
                    }
                })
                .bind(local)
                .sync()
                .channel();
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
                                .addLast(new VirtioNetCodec(device.vnetHeaderSize()))
                                .addLast(SegmentationHandler.inbound())
                                .addLast(ChecksumOffloadHandler.completing())
                                .addLast(new TapToTunnel(vni, tunnel, counters));
                    }
                })
                .register()
                .sync()
                .channel();
        tunnel.eventLoop().submit(() -> tunnelToTap.add(vni, tap)).sync();
        taps.add(tap);
        return tap;
    }

    /** The channels of the TAPs, in the order in which they were added. */
    public List<TapChannel> taps() {
        return List.copyOf(taps);
    }

    /** How often something happened to frames at the tunnel. */
    public long count(VxlanEvent event) {
        return vxlan.count(event);
    }

    /** Frames lost because a TAP or the socket was full. */
    public long congested() {
        return counters.congested();
    }

    /** Frames that the socket refused: too long for the underlay, or no way to the other endpoint. */
    public long unsent() {
        return counters.unsent();
    }

    @Override
    public void close() {
        taps.forEach(tap -> tap.close().syncUninterruptibly());
        tunnel.close().syncUninterruptibly();
    }
}
