/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Metrics, health, JSON and a page about a running program, over HTTP/1.1 and for reading only.
 *
 * <p>It runs on a thread of its own, beside the loops of frames. What it costs is bounded: {@value #MAX_CONNECTIONS}
 * connections, requests of {@value #MAX_REQUEST_BYTES} bytes, {@value StatusStream#MAX_STREAMS} streams of events, and
 * a client that neither asks nor reads is gone after {@value #IDLE_SECONDS} seconds.
 *
 * <p>There is no encryption and no password: it listens where it is told to, and whoever reaches it may read. A request
 * whose Host names neither this address nor localhost is refused, so that no page from elsewhere can read it through a
 * browser by a name that it points here (DNS rebinding).
 */
public final class StatusServer implements AutoCloseable {

    static final int MAX_CONNECTIONS = 64;
    static final int MAX_REQUEST_BYTES = 8 * 1024;
    static final int IDLE_SECONDS = 30;
    private static final int MAX_QUEUED_BYTES = 256 * 1024;

    private final MultiThreadIoEventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http", true), EpollIoHandler.newFactory());
    private final ChannelGroup clients = new DefaultChannelGroup(loop.next());
    private final Channel server;

    private StatusServer(InetSocketAddress address, Status status) throws IOException {
        StatusText text = new StatusText(status);
        StatusStream stream = new StatusStream(loop.next(), text);
        ConnectionLimit limit = new ConnectionLimit(MAX_CONNECTIONS);
        ChannelFuture binding = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(MAX_QUEUED_BYTES / 2, MAX_QUEUED_BYTES))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        clients.add(channel);
                        channel.pipeline()
                                .addLast(
                                        limit,
                                        new IdleStateHandler(0, 0, IDLE_SECONDS),
                                        new HttpServerCodec(MAX_REQUEST_BYTES, MAX_REQUEST_BYTES, MAX_REQUEST_BYTES),
                                        new HttpObjectAggregator(MAX_REQUEST_BYTES),
                                        new StatusHandler(text, stream));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            binding.channel().close().awaitUninterruptibly();
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw new IOException(
                    "cannot listen for HTTP: address=" + text(address) + ", cause="
                            + binding.cause().getMessage()
                            + " (expected: a free port of an address that this machine has)",
                    binding.cause());
        }
        server = binding.channel();
    }

    /**
     * Starts a server.
     *
     * @param address where to listen; port 0 for any that is free
     * @param status what it shows
     * @throws IOException if it cannot listen there
     */
    public static StatusServer start(InetSocketAddress address, Status status) throws IOException {
        return new StatusServer(address, status);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    /** As it is typed into a browser. */
    public String url() {
        return "http://" + text(address()) + "/";
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        int zone = host.indexOf('%');
        String bare = zone < 0 ? host : host.substring(0, zone);
        return (bare.indexOf(':') < 0 ? bare : "[" + bare + "]") + ":" + address.getPort();
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        clients.close().syncUninterruptibly();
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
