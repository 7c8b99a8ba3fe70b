/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;

/**
 * Sends datagrams of one length to one endpoint as a train: one system call, one way through the kernel's routing and
 * filters, cut into datagrams by the kernel or the network card (UDP segmentation, {@code UDP_SEGMENT} in udp(7)).
 *
 * <pre>
 *   written:  1472 1472 1472 … 1472 310   to A       sent:  SegmentedDatagramPacket(1472, A)
 *             90                          to A              DatagramPacket(A)
 *             1472 1472                   to B              SegmentedDatagramPacket(1472, B)
 * </pre>
 *
 * <p>A train ends with a shorter datagram, at {@value #MAX_DATAGRAMS} of them, where the next does not fit, and at the
 * flush: no datagram waits longer than it did before. Datagrams that follow each other in memory, as the segments of one
 * GSO frame do, are sent from there; others as parts of a composite. Nothing is copied by this handler.
 *
 * <p>A train that the kernel refuses is sent again, datagram by datagram: {@code EMSGSIZE} where a datagram is longer than
 * the underlay's MTU (alone, it travels in fragments), {@code EINVAL} and {@code EIO} where the route or the device cannot
 * do it. Trains of that kind are not tried again for a while.
 *
 * <p>Handlers in front write with any promise, the void one is the cheapest: failures are counted here.
 */
final class UdpGsoHandler extends ChannelDuplexHandler {

    /** UDP_MAX_SEGMENTS: 64 since Linux 4.18, 128 since 6.9; include/linux/udp.h. */
    static final int MAX_DATAGRAMS = 64;

    /** 65535 less the headers of IPv4 and UDP. With IPv6 it would be 65527. */
    static final int MAX_BYTES = 65_507;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(UdpGsoHandler.class);

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final boolean supported;
    private final SocketCounters counters;
    private final DatagramPacket[] waiting = new DatagramPacket[MAX_DATAGRAMS];
    private final ChannelPromise[] promises = new ChannelPromise[MAX_DATAGRAMS];
    private int count;
    private int bytes;

    /** Datagrams from this length on do not travel by train, until the time. */
    private int refused = Integer.MAX_VALUE;

    private long refusedUntil;

    /**
     * Makes a handler.
     *
     * @param supported whether the channel takes a {@code SegmentedDatagramPacket}
     * @param counters of the endpoint
     */
    UdpGsoHandler(boolean supported, SocketCounters counters) {
        this.supported = supported;
        this.counters = counters;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (!(message instanceof DatagramPacket)) {
            depart(context);
            context.write(message, promise);
            return;
        }
        DatagramPacket packet = (DatagramPacket) message;
        int length = packet.content().readableBytes();
        if (count > 0 && !fits(packet, length)) {
            depart(context);
        }
        waiting[count] = packet;
        promises[count++] = promise;
        bytes += length;
        boolean last = length < waiting[0].content().readableBytes();
        if (last || count == MAX_DATAGRAMS || !mayTravel(context, length)) {
            depart(context);
        }
    }

    private boolean fits(DatagramPacket packet, int length) {
        return length > 0
                && length <= waiting[0].content().readableBytes()
                && bytes + length <= MAX_BYTES
                && packet.recipient().equals(waiting[0].recipient());
    }

    private boolean mayTravel(ChannelHandlerContext context, int length) {
        if (refused != Integer.MAX_VALUE && context.executor().ticker().nanoTime() - refusedUntil >= 0) {
            refused = Integer.MAX_VALUE;
        }
        return supported && length > 0 && length < refused;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        depart(context);
        context.flush();
    }

    /** Writes what waits. */
    private void depart(ChannelHandlerContext context) {
        int departing = count;
        int total = bytes;
        count = 0;
        bytes = 0;
        if (departing == 1) {
            DatagramPacket packet = waiting[0];
            ChannelPromise promise = promises[0];
            waiting[0] = null;
            promises[0] = null;
            send(context, packet, promise);
        } else if (departing > 1) {
            InetSocketAddress recipient = waiting[0].recipient();
            int length = waiting[0].content().readableBytes();
            ByteBuf content = Contiguous.join(context.alloc(), waiting, departing, total);
            Train train = new Train(context, content, length, recipient, takePromises(departing));
            context.write(new SegmentedDatagramPacket(content.retain(), length, recipient))
                    .addListener(train);
        }
    }

    /** The promises that someone may wait for, or null if there are none. */
    private ChannelPromise[] takePromises(int departing) {
        ChannelPromise[] taken = null;
        for (int i = 0; i < departing; i++) {
            if (!promises[i].isVoid()) {
                taken = taken == null ? new ChannelPromise[departing] : taken;
                taken[i] = promises[i];
            }
            promises[i] = null;
        }
        return taken;
    }

    private void send(ChannelHandlerContext context, DatagramPacket packet, ChannelPromise promise) {
        // A void promise would throw the failure into the pipeline.
        ChannelPromise told = promise == null || promise.isVoid() ? context.newPromise() : promise;
        context.write(packet, told).addListener(counters.single());
    }

    /** Writes that failed were counted, and a datagram socket outlives the failure of a read. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOGGER.debug("socket of the tunnel: {}", cause.toString());
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        depart(context);
        context.close(promise);
    }

    /** Also called when the channel closes by itself. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        for (int i = 0; i < count; i++) {
            waiting[i].release();
            waiting[i] = null;
            counters.countUnsent(1);
            if (!promises[i].isVoid()) {
                promises[i].tryFailure(new ClosedChannelException());
            }
            promises[i] = null;
        }
        count = 0;
        bytes = 0;
    }

    /** A train under way, which keeps its content until the kernel has taken it. */
    private final class Train implements ChannelFutureListener {
        private final ChannelHandlerContext context;
        private final ByteBuf content;
        private final int length;
        private final InetSocketAddress recipient;
        private final ChannelPromise[] promises;

        private Train(
                ChannelHandlerContext context,
                ByteBuf content,
                int length,
                InetSocketAddress recipient,
                ChannelPromise[] promises) {
            this.context = context;
            this.content = content;
            this.length = length;
            this.recipient = recipient;
            this.promises = promises;
        }

        private int size() {
            return (content.readableBytes() + length - 1) / length;
        }

        @Override
        public void operationComplete(ChannelFuture sent) {
            try {
                if (sent.isSuccess()) {
                    counters.countTrain(size());
                    succeed();
                } else if (Refusal.of(sent.cause()) == Refusal.NONE) {
                    counters.countUnsent(size());
                    fail(sent.cause());
                } else {
                    sendSingly(Refusal.of(sent.cause()));
                }
            } finally {
                content.release();
            }
        }

        private void succeed() {
            for (int i = 0; promises != null && i < promises.length; i++) {
                if (promises[i] != null) {
                    promises[i].trySuccess();
                }
            }
        }

        private void fail(Throwable cause) {
            for (int i = 0; promises != null && i < promises.length; i++) {
                if (promises[i] != null) {
                    promises[i].tryFailure(cause);
                }
            }
        }

        private void sendSingly(Refusal refusal) {
            counters.countRefusedTrain();
            LOGGER.debug(
                    "train refused, datagrams sent singly: size={}, length={}, refusal={}", size(), length, refusal);
            refused = Math.min(refused, refusal == Refusal.OF_LENGTH ? length : 0);
            refusedUntil = context.executor().ticker().nanoTime() + RETRY_NANOS;
            int size = size();
            for (int i = 0; i < size; i++) {
                int start = i * length;
                ByteBuf datagram = content.retainedSlice(
                        content.readerIndex() + start, Math.min(length, content.readableBytes() - start));
                send(context, new DatagramPacket(datagram, recipient), promises == null ? null : promises[i]);
            }
            context.flush();
        }
    }
}
