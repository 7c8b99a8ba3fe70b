/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A datagram socket with one peer.
 *
 * <p>A Unix datagram socket that is connected hears its peer alone, and is told nothing when that peer ends and another
 * takes its path, as when a virtual machine is started again: the new one's frames are refused (EPERM). So the file of
 * the peer is looked at once a second, off the event loop, and when it is another one the socket is bound anew.
 */
final class DatagramPeer extends SocketPort.Opened {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(DatagramPeer.class);
    private static final int WATCH_MILLIS = 1_000;
    private static final int RECEIVE_BUFFER_BYTES = 1 << 20;

    private final SocketPort.Builder settings;
    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final String name;
    private final Promise<Void> closed = GlobalEventExecutor.INSTANCE.newPromise();

    /** What follows belongs to GlobalEventExecutor, where files are looked at, but for volatile reads. */
    private volatile Channel channel;

    private Path file;
    private PeerHandler peerHandler;
    private Path peer;
    private Object peerKey;
    private ScheduledFuture<?> watch;
    private boolean closing;
    private volatile boolean hasPeer;

    private DatagramPeer(SocketPort.Builder settings, EventLoopGroup group) {
        this.settings = settings;
        name = settings.address().toString();
        loop = group.next();
        boolean unix = settings.address().kind() != SocketPortAddress.Kind.UDP;
        bootstrap = new Bootstrap()
                .group(loop)
                .channel(SocketChannels.of(group).datagram(unix))
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, settings.waterMark())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(FrameStreamDecoder.MAX_FRAME))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        boolean waits = settings.address().kind() == SocketPortAddress.Kind.UNIXGRAM;
                        made.pipeline().addLast(new DatagramFrames(waits ? DatagramPeer.this::met : null));
                        peerHandler = settings.portPipeline(made, name, () -> {});
                    }
                });
        if (!unix) {
            bootstrap.option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        }
    }

    static DatagramPeer open(SocketPort.Builder settings, EventLoopGroup group) throws IOException {
        DatagramPeer port = new DatagramPeer(settings, group);
        port.bind();
        return port;
    }

    private void bind() throws IOException {
        SocketPortAddress address = settings.address();
        ChannelFuture opening =
                switch (address.kind()) {
                    case UDP -> bootstrap.connect(address.remote(), address.local());
                    case UNIXGRAM -> {
                        file = Path.of(((DomainSocketAddress) address.local()).path());
                        UnixSocketFile.makeWay(address, file);
                        yield bindHidden();
                    }
                    default -> {
                        // The peer answers to a path, so there has to be one.
                        Path remote = Path.of(((DomainSocketAddress) address.remote()).path());
                        file = UnixSocketFile.beside(remote);
                        yield bootstrap.connect(address.remote(), new DomainSocketAddress(file.toString()));
                    }
                };
        opening.awaitUninterruptibly();
        if (!opening.isSuccess()) {
            if (file != null && address.kind() == SocketPortAddress.Kind.UNIXGRAM_CONNECT) {
                Files.deleteIfExists(file);
            }
            throw new IOException(
                    "cannot open the socket: port=" + address + ", cause="
                            + opening.cause().getMessage(),
                    opening.cause());
        }
        channel = opening.channel();
        if (address.kind() == SocketPortAddress.Kind.UNIXGRAM_CONNECT) {
            // From below the handlers of the port: it is no frame.
            channel.pipeline().context(DatagramFrames.class).writeAndFlush(Unpooled.copyInt(DatagramFrames.GREETING));
            met((DomainSocketAddress) address.remote());
        }
        hasPeer = address.kind() != SocketPortAddress.Kind.UNIXGRAM;
    }

    private ChannelFuture bindHidden() throws IOException {
        Path hidden = UnixSocketFile.beside(file);
        ChannelFuture binding =
                bootstrap.bind(new DomainSocketAddress(hidden.toString())).awaitUninterruptibly();
        if (binding.isSuccess()) {
            try {
                UnixSocketFile.publish(hidden, file);
            } catch (IOException e) {
                binding.channel().close().awaitUninterruptibly();
                Files.deleteIfExists(hidden);
                throw e;
            }
        }
        return binding;
    }

    private void met(DomainSocketAddress address) {
        hasPeer = true;
        GlobalEventExecutor.INSTANCE.execute(() -> {
            peer = Path.of(address.path());
            peerKey = key(peer);
            if (watch == null && !closing) {
                watch = GlobalEventExecutor.INSTANCE.scheduleAtFixedRate(
                        this::look, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    private static Object key(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    private void look() {
        Object now = key(peer);
        if (closing || now != null && now.equals(peerKey)) {
            return;
        }
        boolean waits = settings.address().kind() == SocketPortAddress.Kind.UNIXGRAM;
        if (hasPeer) {
            hasPeer = false;
            peerHandler.reason("the peer's socket is gone");
            channel.close().awaitUninterruptibly();
        }
        if (!waits && now == null) {
            return;
        }
        try {
            if (!waits) {
                Files.deleteIfExists(file);
            }
            bind();
        } catch (IOException e) {
            settings.observer().refused(name, e.getMessage());
        }
        if (waits) {
            watch.cancel(false);
            watch = null;
        }
    }

    @Override
    SocketAddress bound() {
        SocketAddress local = settings.address().local();
        return local == null ? settings.address().remote() : channel.localAddress();
    }

    @Override
    int peers() {
        return hasPeer ? 1 : 0;
    }

    @Override
    Future<?> closeAsync() {
        GlobalEventExecutor.INSTANCE.execute(() -> {
            if (closing) {
                return;
            }
            closing = true;
            if (watch != null) {
                watch.cancel(false);
            }
            channel.close().addListener(done -> {
                if (file != null) {
                    try {
                        Files.deleteIfExists(file);
                    } catch (IOException e) {
                        LOGGER.warn("cannot remove the socket of a port: {}", file, e);
                    }
                }
                closed.trySuccess(null);
            });
        });
        return closed;
    }
}
