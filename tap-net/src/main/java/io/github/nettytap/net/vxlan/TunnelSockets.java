/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.net.port.UdpGsoHandler;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The sockets of an endpoint: one that listens on the port of VXLAN, and others that send, each from a port of its own,
 * so that what carries the tunnel can tell its flows apart (RFC 7348, section 5).
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

    /**
     * Datagrams over IPv6 with a checksum of zero come in, which routers that encapsulate in hardware send (RFC 6935,
     * and RFC 7348, section 5). Numbers from linux/udp.h, linux/in.h and linux/in6.h.
     */
    private static final ChannelOption<Integer> NO_CHECK6_RX =
            new IntegerUnixChannelOption("UDP_NO_CHECK6_RX", 17, 102);

    private static final ChannelOption<Integer> MTU_DISCOVER_V4 =
            new IntegerUnixChannelOption("IP_MTU_DISCOVER", 0, 10);
    private static final ChannelOption<Integer> MTU_DISCOVER_V6 =
            new IntegerUnixChannelOption("IPV6_MTU_DISCOVER", 41, 23);
    private static final int PMTUDISC_DO = 2;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TunnelSockets.class);

    private final TapEventLoopGroup loops;
    private final VxlanPeers peers;
    private final SocketCounters counters;
    private final boolean dontFragment;
    private final List<VxlanHandler> endpoints = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();

    /**
     * Opens them all, or none.
     *
     * @param received takes what comes in
     */
    TunnelSockets(
            TapEventLoopGroup loops,
            VxlanPeers peers,
            VxlanSettings settings,
            SocketCounters counters,
            TunnelToTap received)
            throws IOException, InterruptedException {
        this.loops = loops;
        this.peers = peers;
        this.counters = counters;
        dontFragment = settings.dontFragment();
        boolean done = false;
        try {
            channels.add(listen(settings.local(), received));
            for (int i = 0; i < settings.sourcePorts(); i++) {
                channels.add(openSender(settings.local()));
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private Channel listen(InetSocketAddress local, TunnelToTap received) throws IOException, InterruptedException {
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

    private Channel openSender(InetSocketAddress local) throws IOException, InterruptedException {
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

    private Channel open(InetSocketAddress local, TunnelToTap received) throws IOException, InterruptedException {
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
        // Rethrows what the bind failed with, which is unchecked to the compiler.
        Channel channel = bootstrap.bind(local).sync().channel();
        endpoints.add(vxlan);
        setOptions(channel);
        return channel;
    }

    /** What a socket of either version of IP takes; of a version that it is not of, it refuses. */
    private void setOptions(Channel channel) {
        set(channel, NO_CHECK6_RX, 1);
        if (dontFragment) {
            set(channel, MTU_DISCOVER_V4, PMTUDISC_DO);
            set(channel, MTU_DISCOVER_V6, PMTUDISC_DO);
        }
    }

    private static void set(Channel channel, ChannelOption<Integer> option, int value) {
        try {
            channel.config().setOption(option, value);
        } catch (ChannelException e) {
            LOGGER.debug("{}: {} not set", channel, option, e);
        }
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
