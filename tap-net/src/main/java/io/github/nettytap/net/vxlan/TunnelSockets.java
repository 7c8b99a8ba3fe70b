/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.tunnel.VxlanEvent;
import io.github.nettytap.codec.tunnel.VxlanHandler;
import io.github.nettytap.codec.tunnel.VxlanPeers;
import io.github.nettytap.net.port.UdpGsoHandler;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.uring.IoUringDatagramChannel;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The sockets of an endpoint: one that listens on the port of VXLAN, and others that send, each from a port of its own, so
 * that what carries the tunnel can tell its flows apart (RFC 7348, section 5).
 *
 * <pre>
 *  listening:  socket ── UdpGsoHandler ── VxlanHandler ── TunnelToTap
 *  sending:    socket ── UdpGsoHandler ── VxlanHandler
 * </pre>
 */
final class TunnelSockets implements AutoCloseable {

    /** The dynamic ports, which the RFC recommends. */
    private static final int FIRST_SOURCE_PORT = 49_152;

    private static final int LAST_SOURCE_PORT = 65_535;

    private static final int ATTEMPTS = 100;
    private static final int EADDRINUSE = -98; // asm-generic/errno.h
    private static final int EADDRNOTAVAIL = -99;

    /** The longest datagram, or segmented write: a shorter buffer would cut it and say nothing. */
    private static final int MAX_DATAGRAM = 65_535;

    /** So that bursts of the TAP, which holds 1000 frames, find room. */
    private static final int SOCKET_BUFFER = 4 << 20;

    private static final int MAX_READS = 64;

    private final TapEventLoopGroup loops;
    private final VxlanPeers peers;
    private final SocketCounters counters;
    private final List<VxlanHandler> endpoints = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();

    /**
     * Opens them all, or none.
     *
     * @param sourcePorts how many send; with none, the one that listens does
     * @param received takes what comes in
     */
    TunnelSockets(
            TapEventLoopGroup loops,
            VxlanPeers peers,
            InetSocketAddress local,
            int sourcePorts,
            SocketCounters counters,
            TunnelToTap received)
            throws Exception {
        this.loops = loops;
        this.peers = peers;
        this.counters = counters;
        boolean done = false;
        try {
            channels.add(listen(local, received));
            for (int i = 0; i < sourcePorts; i++) {
                channels.add(openSender(local));
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private Channel listen(InetSocketAddress local, TunnelToTap received) throws Exception {
        try {
            return open(local, received);
        } catch (NativeIoException e) {
            if (e.expectedErr() == EADDRINUSE) {
                throw new BindException("UDP port taken: port=" + local.getPort()
                        + " (expected: one that nobody listens on). `ip -d link show type vxlan` shows the endpoints of"
                        + " the kernel, `ss -ulnp` the programs");
            }
            if (e.expectedErr() == EADDRNOTAVAIL) {
                throw new BindException("not an address of this machine: local="
                        + local.getAddress().getHostAddress() + " (expected: one that `ip -br address` shows)");
            }
            throw e;
        }
    }

    private Channel openSender(InetSocketAddress local) throws Exception {
        for (int i = 1; ; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_SOURCE_PORT, LAST_SOURCE_PORT + 1);
            try {
                return open(new InetSocketAddress(local.getAddress(), port), null);
            } catch (NativeIoException e) {
                // Taken by another socket: another port will do.
                if (e.expectedErr() != EADDRINUSE || i == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Channel open(InetSocketAddress local, TunnelToTap received) throws Exception {
        boolean epoll = loops.io() == TapIoType.EPOLL;
        // Each frame has memory of its own in front, and tagged ones pass as they do through the kernel's device.
        VxlanHandler vxlan = new VxlanHandler(peers, true, true);
        Class<? extends DatagramChannel> type = epoll ? EpollDatagramChannel.class : IoUringDatagramChannel.class;
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER)
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(SOCKET_BUFFER / 4, SOCKET_BUFFER))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new UdpGsoHandler(UdpGsoHandler.isSupported(type), counters.gso()), vxlan);
                        if (received != null) {
                            channel.pipeline().addLast(received);
                        }
                    }
                });
        if (received == null) {
            // Endpoints answer to the port of VXLAN: nothing is meant to come in here.
            bootstrap.option(ChannelOption.AUTO_READ, false);
        } else {
            bootstrap
                    .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                    .option(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new FixedRecvByteBufAllocator(MAX_DATAGRAM).maxMessagesPerRead(MAX_READS));
            if (epoll) {
                // One read takes what the kernel has joined. With recvmmsg too, each of its slots had to be as long.
                bootstrap.option(EpollChannelOption.UDP_GRO, true);
            }
        }
        Channel channel = bootstrap.bind(local).sync().channel();
        endpoints.add(vxlan);
        return channel;
    }

    /** Those that frames are sent through, by their flows. */
    List<Channel> sending() {
        return channels.size() == 1 ? channels : channels.subList(1, channels.size());
    }

    List<String> addresses() {
        return channels.stream()
                .map(channel -> String.valueOf(channel.localAddress()))
                .toList();
    }

    long count(VxlanEvent event) {
        return endpoints.stream().mapToLong(endpoint -> endpoint.count(event)).sum();
    }

    @Override
    public void close() {
        channels.forEach(channel -> channel.close().syncUninterruptibly());
    }
}
