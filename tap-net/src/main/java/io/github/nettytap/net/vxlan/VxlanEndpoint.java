/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.offload.ChecksumOffloadHandler;
import io.github.nettytap.codec.offload.SegmentationHandler;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.net.port.UdpGsoCounters;
import io.github.nettytap.net.port.UdpGsoHandler;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
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
 * <p>The far end knows nothing of offloads, so GSO frames are segmented and checksums completed before encapsulation.
 * Their segments leave by one write nevertheless: see {@link UdpGsoHandler}. A port that is gone ends its own network
 * here; the others go on.
 */
public final class VxlanEndpoint implements AutoCloseable {

    /** How many sockets send unless something else is said. */
    public static final int DEFAULT_SOURCE_PORTS = VxlanSettings.DEFAULT_SOURCE_PORTS;

    private final TapEventLoopGroup loops;
    private final SocketCounters counters = new SocketCounters();
    private final TunnelToTap tunnelToTap = new TunnelToTap(counters);
    private final VxlanPeers peers;
    private final TunnelSockets sockets;
    private final List<TapChannel> taps = new CopyOnWriteArrayList<>();

    /**
     * Opens the tunnel.
     *
     * @param loops one event loop, which remains the caller's
     * @param peers the networks and other endpoints, for the endpoint alone from now on
     * @param settings the sockets
     * @throws IOException if a socket cannot be opened; the message says what to do
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public VxlanEndpoint(TapEventLoopGroup loops, VxlanPeers peers, VxlanSettings settings)
            throws IOException, InterruptedException {
        this.loops = loops;
        this.peers = peers;
        sockets = new TunnelSockets(loops, peers, settings, counters, tunnelToTap);
    }

    /**
     * Opens the tunnel.
     *
     * @param loops one event loop, which remains the caller's
     * @param peers the networks and other endpoints, for the endpoint alone from now on
     * @param local where to listen
     * @param sourcePorts how many ports flows are sent from; 0 for the one that is listened on
     * @throws IOException if a socket cannot be opened; the message says what to do
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public VxlanEndpoint(TapEventLoopGroup loops, VxlanPeers peers, InetSocketAddress local, int sourcePorts)
            throws IOException, InterruptedException {
        this(loops, peers, new VxlanSettings(local, sourcePorts, false));
    }

    /**
     * Joins a TAP to a network.
     *
     * @param device an open device with a virtio-net header, which the endpoint closes with itself
     * @param vni the network, one that the peers have
     * @return the channel, which closes when the device is deleted
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public TapChannel add(TapDevice device, int vni) throws InterruptedException {
        TapChannel tap = TapChannel.factory(device).newChannel();
        add(tap, vni, device.vnetHeader(), device.offloads());
        taps.add(tap);
        return tap;
    }

    /**
     * Joins a link of the kernel to a network.
     *
     * @param socket an open packet socket, which belongs to the endpoint from now on
     * @param vni the network, one that the peers have
     * @return its channel
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public TapChannel add(PacketSocket socket, int vni) throws InterruptedException {
        TapChannel tap = new TapChannel(socket);
        add(tap, vni, socket.vnetHeader(), socket.offloads());
        taps.add(tap);
        return tap;
    }

    /**
     * Joins any channel of frames to a network, such as an end of a patch cable.
     *
     * @param channel not registered yet; the caller closes it. Handlers that are in its pipeline stay in front of the
     *     endpoint.
     * @param vni the network, one that the peers have
     * @param vnetHeader the virtio-net header in front of each frame
     * @param offloads what the other side of the channel takes
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public void add(Channel channel, int vni, VnetHeader vnetHeader, Set<TapOffload> offloads)
            throws InterruptedException {
        channel.pipeline().addLast(newPort(vni, vnetHeader, offloads));
        loops.register(channel).sync();
        // The port is one as soon as what was queued before this has run.
        channel.eventLoop().submit(() -> {}).sync();
    }

    /**
     * A handler that joins any channel of frames to a network, from when it is registered until it closes.
     *
     * @param vni the network, one that the peers have
     * @param vnetHeader the virtio-net header in front of each frame
     * @param offloads what the other side of the channel takes
     * @return a new handler, for one channel on the endpoint's event loop
     */
    public ChannelHandler newPort(int vni, VnetHeader vnetHeader, Set<TapOffload> offloads) {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(new VirtioNetCodec(vnetHeader))
                        .addLast(SegmentationHandler.inbound(VxlanHeader.LENGTH))
                        .addLast(ChecksumOffloadHandler.completing())
                        .addLast(new TapToTunnel(vni, sockets.sending(), counters));
                tunnelToTap.add(vni, channel, !offloads.isEmpty());
                channel.closeFuture().addListener(closed -> tunnelToTap.remove(vni, channel));
            }
        };
    }

    /**
     * The channels of the TAPs, those that have closed included.
     *
     * @return a new list, in the order in which they were added
     */
    public List<TapChannel> taps() {
        return List.copyOf(taps);
    }

    /**
     * The networks and endpoints; their counts may be read, all else is the event loop's.
     *
     * @return those that the endpoint was made with
     */
    public VxlanPeers peers() {
        return peers;
    }

    /**
     * The addresses that are listened on, first, and sent from.
     *
     * @return as texts
     */
    public List<String> sockets() {
        return sockets.addresses();
    }

    /**
     * How often something happened to frames at the tunnel.
     *
     * @param event what
     * @return the count
     */
    public long count(VxlanEvent event) {
        return sockets.count(event) + (event == VxlanEvent.DROP_ERROR ? counters.errors() : 0);
    }

    /**
     * Frames lost because a port or the socket was full, or their network has no port here.
     *
     * @return the count
     */
    public long congested() {
        return counters.congested();
    }

    /**
     * What the sockets made of datagrams: sent together, refused so, and not sent at all.
     *
     * @return live counters
     */
    public UdpGsoCounters datagrams() {
        return counters.gso();
    }

    @Override
    public void close() {
        taps.forEach(tap -> tap.close().syncUninterruptibly());
        sockets.close();
    }
}
