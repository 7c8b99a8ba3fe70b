/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A stream socket that listens: each client is a port for as long as it is connected. */
final class StreamListener extends SocketPort.Opened {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(StreamListener.class);

    /** As many as a host full of virtual machines starts at once; the kernel's limit is net.core.somaxconn. */
    private static final int BACKLOG = 1_024;

    private final SocketPort.Builder settings;
    private final Map<Integer, Channel> peers = new ConcurrentHashMap<>();

    /** The numbers of peers. Guarded by this. */
    private final BitSet numbers = new BitSet();

    private Channel server;
    private SocketAddress bound;

    /** Null for TCP. */
    private Path file;

    private StreamListener(SocketPort.Builder settings) {
        this.settings = settings;
    }

    static StreamListener open(SocketPort.Builder settings, EventLoopGroup group) throws IOException {
        StreamListener listener = new StreamListener(settings);
        SocketAddress address = settings.address().local();
        boolean unix = address instanceof DomainSocketAddress;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(SocketChannels.of(group).server(unix))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, settings.waterMark())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        listener.accept(channel);
                    }
                });
        if (unix) {
            listener.bindUnix(bootstrap, Path.of(((DomainSocketAddress) address).path()));
        } else {
            bootstrap.childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true);
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
            listener.bind(bootstrap, (InetSocketAddress) address);
            listener.bound = listener.server.localAddress();
        }
        return listener;
    }

    private void bindUnix(ServerBootstrap bootstrap, Path path) throws IOException {
        UnixSocketFile.makeWay(settings.address(), path);
        Path hidden = UnixSocketFile.beside(path);
        bind(bootstrap, new DomainSocketAddress(hidden.toString()));
        try {
            UnixSocketFile.publish(hidden, path);
        } catch (IOException e) {
            server.close().awaitUninterruptibly();
            Files.deleteIfExists(hidden);
            throw e;
        }
        file = path;
        bound = settings.address().local();
    }

    private void bind(ServerBootstrap bootstrap, SocketAddress address) throws IOException {
        ChannelFuture binding = bootstrap.bind(address).awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new IOException(
                    "cannot listen: port=" + settings.address() + ", cause="
                            + binding.cause().getMessage(),
                    binding.cause());
        }
        server = binding.channel();
    }

    /** On the loop of the new channel. */
    private void accept(Channel channel) {
        int number = takeNumber();
        String name = settings.address() + "#" + number;
        if (number > settings.maxPeers()) {
            freeNumber(number);
            settings.observer()
                    .refused(name, "too many peers: peers=" + settings.maxPeers() + ", the limit of this port");
            channel.close();
            return;
        }
        peers.put(number, channel);
        settings.streamPipeline(channel, name, () -> {
            peers.remove(number);
            freeNumber(number);
        });
    }

    private synchronized int takeNumber() {
        int number = numbers.nextClearBit(1);
        numbers.set(number);
        return number;
    }

    private synchronized void freeNumber(int number) {
        numbers.clear(number);
    }

    @Override
    SocketAddress bound() {
        return bound;
    }

    @Override
    int peers() {
        return peers.size();
    }

    @Override
    Future<?> closeAsync() {
        Promise<Void> all = GlobalEventExecutor.INSTANCE.newPromise();
        server.close().addListener(closed -> {
            removeFile();
            // Who was accepted before the server closed is in the table by now or closes with its loop.
            List<Channel> open = new ArrayList<>(peers.values());
            GlobalEventExecutor.INSTANCE.execute(() -> {
                PromiseCombiner combiner = new PromiseCombiner(GlobalEventExecutor.INSTANCE);
                open.forEach(channel -> combiner.add((Future<?>) channel.close()));
                combiner.finish(all);
            });
        });
        return all;
    }

    private void removeFile() {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOGGER.warn("cannot remove the socket of a port: {}", file, e);
            }
        }
    }
}
