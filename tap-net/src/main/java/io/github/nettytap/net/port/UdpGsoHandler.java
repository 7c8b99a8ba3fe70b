/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * UDP segmentation offload for a datagram channel: datagrams of one length to one receiver leave as one write, which
 * goes through the kernel's routing and filters once and is segmented by the kernel or the network card ({@code
 * UDP_SEGMENT} in udp(7)).
 *
 * <pre>
 *   written:  1472 1472 1472 … 1472 310   to A       sent:  SegmentedDatagramPacket(1472, A)
 *             90                          to A              DatagramPacket(A)
 *             1472 1472                   to B              SegmentedDatagramPacket(1472, B)
 * </pre>
 *
 * <p>A write ends with a shorter datagram, at {@value #MAX_DATAGRAMS} of them, where the next does not fit, and at the
 * flush: no datagram waits longer than it did before. Datagrams that follow each other in memory, as the segments of
 * one GSO frame do, are sent from there; others as parts of a composite. Nothing is copied by this handler.
 *
 * <p>A write that the kernel refuses is repeated datagram by datagram: {@code EMSGSIZE} where a datagram is longer than
 * the path's MTU (alone, it may travel in fragments), {@code EINVAL} and {@code EIO} where the route or the device
 * cannot do it. Writes of that kind are not tried again for ten seconds.
 *
 * <p>Handlers above write with any promise, the void one is the cheapest: failures are counted, and neither they nor a
 * failed read close the channel. Messages other than {@link DatagramPacket} pass in order.
 */
public final class UdpGsoHandler extends ChannelDuplexHandler {

    /** UDP_MAX_SEGMENTS: 64 since Linux 4.18, 128 since 6.9; include/linux/udp.h. */
    static final int MAX_DATAGRAMS = 64;

    /** 65535 less the headers of IPv4 and UDP. With IPv6 it would be 65527. */
    static final int MAX_BYTES = 65_507;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(UdpGsoHandler.class);

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final boolean supported;
    private final UdpGsoCounters counters;
    private final ChannelFutureListener single;
    private final DatagramPacket[] waiting = new DatagramPacket[MAX_DATAGRAMS];
    private final ChannelPromise[] promises = new ChannelPromise[MAX_DATAGRAMS];
    private int count;
    private int bytes;

    /** Datagrams from this length on are sent one by one, until the time. */
    private int refused = Integer.MAX_VALUE;

    private long refusedUntil;

    /**
     * Makes a handler for one channel.
     *
     * @param supported whether the channel takes a {@code SegmentedDatagramPacket}, see {@link #isSupported}; if not,
     *     every datagram is sent alone
     * @param counters where it counts; handlers of one event loop may share them
     */
    public UdpGsoHandler(boolean supported, UdpGsoCounters counters) {
        this.supported = supported;
        this.counters = Objects.requireNonNull(counters, "counters");
        single = sent -> {
            if (!sent.isSuccess()) {
                counters.countFailed(1);
            }
        };
    }

    /**
     * Whether a kind of channel takes segmented datagrams on this kernel.
     *
     * @param type the channel's class
     * @return false for channels other than Netty's datagram channels on epoll and io_uring
     */
    public static boolean isSupported(Class<? extends Channel> type) {
        if (type == EpollDatagramChannel.class) {
            return EpollDatagramChannel.isSegmentedDatagramPacketSupported();
        }
        return type == IoUringDatagramChannel.class && IoUringDatagramChannel.isSegmentedDatagramPacketSupported();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (!(message instanceof DatagramPacket)) {
            writeWaiting(context);
            context.write(message, promise);
            return;
        }
        DatagramPacket packet = (DatagramPacket) message;
        int length = packet.content().readableBytes();
        if (count > 0 && !fits(packet, length)) {
            writeWaiting(context);
        }
        waiting[count] = packet;
        promises[count++] = promise;
        bytes += length;
        boolean last = length < waiting[0].content().readableBytes();
        if (last || count == MAX_DATAGRAMS || !maySegment(context, length)) {
            writeWaiting(context);
        }
    }

    private boolean fits(DatagramPacket packet, int length) {
        return length > 0
                && length <= waiting[0].content().readableBytes()
                && bytes + length <= MAX_BYTES
                && packet.recipient().equals(waiting[0].recipient());
    }

    private boolean maySegment(ChannelHandlerContext context, int length) {
        if (refused != Integer.MAX_VALUE && context.executor().ticker().nanoTime() - refusedUntil >= 0) {
            refused = Integer.MAX_VALUE;
        }
        return supported && length > 0 && length < refused;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        writeWaiting(context);
        context.flush();
    }

    private void writeWaiting(ChannelHandlerContext context) {
        int size = count;
        int total = bytes;
        if (size > 1) {
            writeSegmented(context, size, total);
        } else if (size == 1) {
            DatagramPacket packet = waiting[0];
            ChannelPromise promise = promises[0];
            forgetWaiting();
            send(context, packet, promise);
        }
    }

    private void writeSegmented(ChannelHandlerContext context, int size, int total) {
        InetSocketAddress recipient = waiting[0].recipient();
        int length = waiting[0].content().readableBytes();
        ByteBuf content;
        try {
            content = Contiguous.join(context.alloc(), waiting, size, total);
        } catch (RuntimeException | OutOfMemoryError e) {
            failWaiting(e);
            return;
        }
        Segmented segmented = new Segmented(context, content, length, recipient, takePromises(size));
        forgetWaiting();
        context.write(new SegmentedDatagramPacket(content.retain(), length, recipient))
                .addListener(segmented);
    }

    /** The promises that someone may wait for, or null if there are none. */
    private ChannelPromise[] takePromises(int size) {
        ChannelPromise[] taken = null;
        for (int i = 0; i < size; i++) {
            if (!promises[i].isVoid()) {
                taken = taken == null ? new ChannelPromise[size] : taken;
                taken[i] = promises[i];
            }
        }
        return taken;
    }

    private void forgetWaiting() {
        for (int i = 0; i < count; i++) {
            waiting[i] = null;
            promises[i] = null;
        }
        count = 0;
        bytes = 0;
    }

    private void failWaiting(Throwable cause) {
        for (int i = 0; i < count; i++) {
            if (waiting[i] != null) {
                waiting[i].release();
            }
            if (!promises[i].isVoid()) {
                promises[i].tryFailure(cause);
            }
        }
        counters.countFailed(count);
        forgetWaiting();
    }

    private void send(ChannelHandlerContext context, DatagramPacket packet, ChannelPromise promise) {
        // A void promise would throw the failure into the pipeline.
        ChannelPromise observed = promise == null || promise.isVoid() ? context.newPromise() : promise;
        context.write(packet, observed).addListener(single);
    }

    /** Writes that failed were counted, and a datagram socket outlives the failure of a read. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOGGER.debug("{}: {}", context.channel(), cause.toString());
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        writeWaiting(context);
        context.close(promise);
    }

    /** Also called when the channel closes by itself. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (count > 0) {
            failWaiting(new ClosedChannelException());
        }
    }

    /** What a failed write says of segmentation. Numbers from asm-generic/errno.h; reasons from udp_send_skb. */
    private enum Refusal {
        /** Nothing: single datagrams would fail, too. */
        NONE,
        /** EMSGSIZE: a datagram of this length does not fit the path. */
        OF_LENGTH,
        /** EINVAL, EIO: not here, for reasons of the socket, the route or the device. */
        OF_SEGMENTATION;

        private static final int EIO = -5;
        private static final int EINVAL = -22;
        private static final int EMSGSIZE = -90;

        static Refusal of(Throwable cause) {
            if (!(cause instanceof NativeIoException)) {
                return NONE;
            }
            return switch (((NativeIoException) cause).expectedErr()) {
                case EMSGSIZE -> OF_LENGTH;
                case EIO, EINVAL -> OF_SEGMENTATION;
                default -> NONE;
            };
        }
    }

    /** Several datagrams under way, whose content is kept until the kernel has taken it. */
    private final class Segmented implements ChannelFutureListener {
        private final ChannelHandlerContext context;
        private final ByteBuf content;
        private final int length;
        private final InetSocketAddress recipient;
        private final ChannelPromise[] promises;

        private Segmented(
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
                    counters.countSegmentedWrite(size());
                    complete(null);
                } else if (Refusal.of(sent.cause()) == Refusal.NONE) {
                    counters.countFailed(size());
                    complete(sent.cause());
                } else {
                    sendSingly(Refusal.of(sent.cause()));
                }
            } finally {
                content.release();
            }
        }

        private void complete(Throwable cause) {
            for (int i = 0; promises != null && i < promises.length; i++) {
                if (promises[i] == null) {
                    continue;
                }
                if (cause == null) {
                    promises[i].trySuccess();
                } else {
                    promises[i].tryFailure(cause);
                }
            }
        }

        private void sendSingly(Refusal refusal) {
            counters.countRefused();
            LOGGER.debug(
                    "segmented write refused, datagrams sent one by one: datagrams={}, length={}, refusal={}",
                    size(),
                    length,
                    refusal);
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
