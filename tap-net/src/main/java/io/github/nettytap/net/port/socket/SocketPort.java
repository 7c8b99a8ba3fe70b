/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.BareFrameHandler;
import io.github.nettytap.net.port.FrameCounters;
import io.github.nettytap.net.port.Port;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.function.Function;

/**
 * A port of a switch or a router that is a socket: virtual machines, passt, gvproxy, or a switch of another process on
 * the other side of it.
 *
 * <pre>{@code
 *   SocketPort port = SocketPort.builder(SocketPortAddress.parse("unix:/run/lan.sock"))
 *           .vnetHeader(VnetHeader.V1)
 *           .handler(name -> lan.newPort(VnetHeader.V1, TapOffload.NONE, PortPolicy.DEFAULT))
 *           .open(group);
 * }</pre>
 *
 * <p>Each peer of a listening stream socket gets a channel of its own, named {@code ADDRESS#N}, with a handler of its
 * own, for as long as it stays. A socket that connects is connected again after each loss, at first after {@value
 * StreamClient#FIRST_DELAY_MILLIS} ms, then after twice as long each time, up to {@value
 * StreamClient#LAST_DELAY_MILLIS} ms. There is no virtio-net header on the wire, so what is sent has to be segmented
 * and complete, and what comes in is.
 *
 * <p><b>A slow peer</b> loses its own frames: as soon as {@link Builder#maxQueuedBytes} wait for it, its channel is not
 * writable, and {@link io.github.nettytap.net.port.EgressBatch} drops and counts. <b>A peer that sends nonsense</b>,
 * such as a length of 0 or over {@value FrameStreamDecoder#MAX_FRAME}, or ends within a frame, is disconnected with the
 * reason.
 *
 * <p>A Unix socket is its owner's alone (mode 0600); a file that a dead process left is replaced, one that answers is
 * not.
 *
 * <p>Thread-safe.
 */
public final class SocketPort implements AutoCloseable {

    /** Hears who comes and goes. Called on event loops; must not block. */
    public interface Observer {

        /** Tells nobody. */
        Observer NONE = new Observer() {};

        /**
         * A peer is connected and has become a port.
         *
         * @param name of the port
         */
        default void connected(String name) {}

        /**
         * A peer is gone, and its port with it.
         *
         * @param name of the port
         * @param reason in words
         */
        default void disconnected(String name, String reason) {}

        /**
         * There is no connection, or one too many.
         *
         * @param name of the port that there is not
         * @param reason in words
         */
        default void refused(String name, String reason) {}
    }

    /** The reason of a peer that has left in good order. */
    public static final String CLOSED = "closed by the peer";

    /** What the kinds of socket ports have in common. */
    abstract static class Opened {

        /** Where it is bound, or where it connects to. */
        abstract SocketAddress bound();

        abstract int peers();

        abstract Future<?> closeAsync();
    }

    private final SocketPortAddress address;
    private final Opened opened;

    private SocketPort(SocketPortAddress address, Opened opened) {
        this.address = address;
        this.opened = opened;
    }

    /**
     * Starts the description of a port.
     *
     * @param address where it is
     * @return the builder
     */
    public static Builder builder(SocketPortAddress address) {
        return new Builder(address);
    }

    /**
     * Where the port is.
     *
     * @return the address that it was made with
     */
    public SocketPortAddress address() {
        return address;
    }

    /**
     * Where the socket is bound, with the number that the kernel chose for port 0; for a socket that connects, its
     * peer.
     *
     * @return the address
     */
    public SocketAddress boundAddress() {
        return opened.bound();
    }

    /**
     * How many peers there are.
     *
     * @return the number of ports that this is at the moment
     */
    public int peers() {
        return opened.peers();
    }

    /**
     * Closes the socket and the channels of all peers.
     *
     * @return completed when all are closed and the file of a Unix socket is gone
     */
    public Future<?> closeAsync() {
        return opened.closeAsync();
    }

    /** Closes the port and waits for it; not to be called on an event loop. */
    @Override
    public void close() {
        opened.closeAsync().syncUninterruptibly();
    }

    /** Describes a {@link SocketPort}. Not thread-safe. */
    public static final class Builder {

        private static final int MAX_PEERS = 1_024;
        private static final int MAX_QUEUED_BYTES = 1 << 20;

        private final SocketPortAddress address;
        private Function<String, ChannelHandler> handler;
        private Observer observer = Observer.NONE;
        private VnetHeader vnetHeader = VnetHeader.NONE;
        private int maxPeers = MAX_PEERS;
        private int maxQueuedBytes = MAX_QUEUED_BYTES;

        private Builder(SocketPortAddress address) {
            this.address = Objects.requireNonNull(address, "address");
        }

        /**
         * Sets what makes a peer a port.
         *
         * @param handler gets the name of the port and makes the handler of its channel: one {@link
         *     io.netty.buffer.ByteBuf} a frame, with the virtio-net header of {@link #vnetHeader} in front
         * @return this
         */
        public Builder handler(Function<String, ChannelHandler> handler) {
            this.handler = Objects.requireNonNull(handler, "handler");
            return this;
        }

        /**
         * Sets the virtio-net header that the other ports have; on the wire there is none. Default none.
         *
         * @param vnetHeader the header in front of each frame that the handler gets and sends
         * @return this
         */
        public Builder vnetHeader(VnetHeader vnetHeader) {
            this.vnetHeader = Objects.requireNonNull(vnetHeader, "vnetHeader");
            return this;
        }

        /**
         * Sets who hears of peers that come and go. Default nobody.
         *
         * @param observer called on event loops
         * @return this
         */
        public Builder observer(Observer observer) {
            this.observer = Objects.requireNonNull(observer, "observer");
            return this;
        }

        /**
         * Sets how many peers a listening socket takes; one more is disconnected at once. Default 1,024.
         *
         * @param maxPeers at least 1
         * @return this
         */
        public Builder maxPeers(int maxPeers) {
            if (maxPeers < 1) {
                throw new IllegalArgumentException("too few peers: maxPeers=" + maxPeers + " (expected: at least 1)");
            }
            this.maxPeers = maxPeers;
            return this;
        }

        /**
         * Sets how many bytes may wait for one slow peer before its frames are dropped. Default 1 MiB.
         *
         * @param maxQueuedBytes at least 65,550, one frame
         * @return this
         */
        public Builder maxQueuedBytes(int maxQueuedBytes) {
            if (maxQueuedBytes < FrameStreamDecoder.MAX_FRAME) {
                throw new IllegalArgumentException("too small a queue: maxQueuedBytes=" + maxQueuedBytes
                        + " (expected: at least " + FrameStreamDecoder.MAX_FRAME + ", one frame)");
            }
            this.maxQueuedBytes = maxQueuedBytes;
            return this;
        }

        /**
         * Opens the port: binds a socket that listens, or begins to connect. Blocks; not to be called on an event loop.
         *
         * @param group event loops on epoll or io_uring; Unix datagram sockets need epoll
         * @return the open port
         * @throws IOException if the socket cannot be bound; the message says what is in the way. A peer that is not
         *     there yet is none: the port connects when it is.
         */
        public SocketPort open(EventLoopGroup group) throws IOException {
            Objects.requireNonNull(handler, "handler");
            Opened opened =
                    switch (address.kind()) {
                        case UNIX, TCP -> StreamListener.open(this, group);
                        case UNIX_CONNECT, TCP_CONNECT -> new StreamClient(this, group);
                        case UNIXGRAM, UNIXGRAM_CONNECT, UDP -> DatagramPeer.open(this, group);
                    };
            return new SocketPort(address, opened);
        }

        SocketPortAddress address() {
            return address;
        }

        Observer observer() {
            return observer;
        }

        int maxPeers() {
            return maxPeers;
        }

        WriteBufferWaterMark waterMark() {
            return new WriteBufferWaterMark(maxQueuedBytes / 2, maxQueuedBytes);
        }

        /** Socket ── length ── frames ── peer ── virtio-net header ── port. */
        PeerHandler streamPipeline(Channel channel, String name, Runnable gone) {
            channel.pipeline().addLast(new LengthFieldPrepender(Integer.BYTES), new FrameStreamDecoder());
            return portPipeline(channel, name, gone);
        }

        PeerHandler portPipeline(Channel channel, String name, Runnable gone) {
            FrameCounters counters = new FrameCounters();
            channel.attr(Port.NAME).set(name);
            channel.attr(Port.COUNTERS).set(counters);
            PeerHandler peer = new PeerHandler(name, address.kind().isStream(), counters, gone, observer);
            ChannelPipeline pipeline = channel.pipeline().addLast(peer);
            if (vnetHeader.isPresent()) {
                pipeline.addLast(new BareFrameHandler(vnetHeader, true));
            }
            pipeline.addLast(handler.apply(name));
            return peer;
        }
    }
}
