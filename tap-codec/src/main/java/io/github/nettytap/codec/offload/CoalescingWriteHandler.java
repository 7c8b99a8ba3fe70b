/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;

import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * Coalesces the frames that are written between two flushes into GSO frames: one write to the device, and one way
 * through the stack behind it, instead of dozens.
 *
 * <p>Place it at the port of a receiver that takes GSO frames, which is any TAP with virtio-net headers, whatever the
 * ports are that the frames come from. Two kinds, after what is written:
 *
 * <pre>
 * pipeline.addLast(CoalescingWriteHandler.withHeader(VnetHeader.V1, new Coalescer()), …);                    // header and frame in a ByteBuf
 * pipeline.addLast(new VirtioNetCodec(), CoalescingWriteHandler.frames(new Coalescer()), …); // VirtioNetFrame
 * </pre>
 *
 * <p>What is written waits for the flush, in order; at most {@value #MAX_WRITES} writes or {@value #MAX_BYTES} bytes
 * wait, then they are passed on without one. What waits does not count for {@link
 * io.netty.channel.Channel#isWritable()}. The results leave in the order of their first frames, so a flow keeps its
 * order; see {@link Coalescer}. A GSO frame, or one of less than 128 bytes, that finds nothing waiting passes at
 * once, and other messages pass in order, as they are. What is written with a void promise is coalesced at once, so
 * that its memory is free again before the flush; else the write can still be cancelled, and is kept as it is.
 *
 * <p>The promise of each frame is completed with the write of its GSO frame, and fails with it. A write that is
 * cancelled before the flush is not sent. What still waits when the channel closes fails with {@link
 * ClosedChannelException}; when the handler is removed from an open channel, it is passed on.
 *
 * <p>Cost: that of the {@link Coalescer}, one pass over the payload for the checksum and one copy; and an object for
 * each GSO frame, unless all its frames were written with void promises.
 */
public final class CoalescingWriteHandler extends ChannelDuplexHandler {

    /** How many writes may wait for a flush. */
    public static final int MAX_WRITES = 1024;

    /** How many bytes may wait for a flush. */
    public static final int MAX_BYTES = 1 << 20;

    /** A frame below this begins no GSO frame: most have no payload, and a copy of the others saves little. */
    private static final int MIN_LENGTH = 128;

    private final int headerLength;
    private final Coalescer coalescer;

    /** Each message and behind it its promise. */
    private final ArrayDeque<Object> waiting = new ArrayDeque<>();

    private int waitingBytes;
    private boolean draining;
    private boolean drainAgain;
    private boolean flushWanted;
    private int passedOn;
    private BiConsumer<Object, ChannelPromise> output;
    private volatile long received;
    private volatile long delivered;

    private CoalescingWriteHandler(int headerLength, Coalescer coalescer) {
        this.headerLength = headerLength;
        this.coalescer = Objects.requireNonNull(coalescer, "coalescer");
    }

    /**
     * Makes a handler of {@link VirtioNetFrame}s, which sits behind a codec. A {@link ByteBuf} is a plain frame, as it
     * is to the codec.
     *
     * @param coalescer what coalesces the frames; used by nobody else
     * @return the handler, for one channel
     */
    public static CoalescingWriteHandler frames(Coalescer coalescer) {
        return new CoalescingWriteHandler(0, coalescer);
    }

    /**
     * Makes a handler of packets: virtio-net header and frame in a {@link ByteBuf}, for pipelines without a codec.
     *
     * @param header the virtio-net header of the device
     * @param coalescer what coalesces the frames; used by nobody else
     * @return the handler, for one channel
     * @throws IllegalArgumentException if the device has no header, since it takes no GSO frames then
     */
    public static CoalescingWriteHandler withHeader(VnetHeader header, Coalescer coalescer) {
        if (!header.isPresent()) {
            throw new IllegalArgumentException("cannot coalesce: header=" + header
                    + " (expected: a virtio-net header, without which no device takes GSO frames)");
        }
        return new CoalescingWriteHandler(header.length(), coalescer);
    }

    /**
     * How many frames and GSO frames were written to this handler and flushed. Any thread may ask.
     *
     * @return the count
     */
    public long received() {
        return received;
    }

    /**
     * How many frames and GSO frames went on. Any thread may ask.
     *
     * @return the count
     */
    public long delivered() {
        return delivered;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        output = (frame, promise) -> {
            passedOn++;
            boolean needsHeader = headerLength > 0 && frame instanceof VirtioNetFrame;
            ctx.write(needsHeader ? ((VirtioNetFrame) frame).toBuffer(headerLength, ctx.alloc()) : frame, promise);
        };
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        if (headerLength > 0 && msg instanceof VirtioNetFrame) {
            ReferenceCountUtil.release(msg);
            promise.tryFailure(new IllegalStateException(
                    "CoalescingWriteHandler.withHeader got a VirtioNetFrame (expected: ByteBuf of header and"
                            + " frame; use CoalescingWriteHandler.frames behind a VirtioNetCodec)"));
            return;
        }
        if (waiting.isEmpty() && !draining) {
            if (coalescer.size() == 0 && (isGsoFrame(msg) || isShort(msg))) {
                received++;
                delivered++;
                ctx.write(msg, promise);
                return;
            }
            if (promise.isVoid() && isFrame(msg)) {
                // Nobody can cancel it, so it is coalesced while it is in the cache, and its memory becomes free.
                waitingBytes += length(msg);
                received++;
                add(ctx, msg, promise);
                drainIfFull(ctx);
                return;
            }
        }
        waitingBytes += length(msg);
        waiting.add(msg);
        waiting.add(promise);
        drainIfFull(ctx);
    }

    private void drainIfFull(ChannelHandlerContext ctx) {
        if (coalescer.size() + waiting.size() / 2 >= MAX_WRITES || waitingBytes >= MAX_BYTES) {
            drain(ctx);
        }
    }

    private boolean isGsoFrame(Object msg) {
        if (msg instanceof VirtioNetFrame) {
            return headerLength == 0 && ((VirtioNetFrame) msg).isGsoFrame();
        }
        if (!isPacket(msg)) {
            return false;
        }
        ByteBuf packet = (ByteBuf) msg;
        return VirtioNetHeader.gsoType(packet, packet.readerIndex()) != VirtioNetHeader.GSO_NONE;
    }

    /** Acknowledgments, above all. */
    private boolean isShort(Object msg) {
        return isFrame(msg) && length(msg) - headerLength < MIN_LENGTH;
    }

    private boolean isPacket(Object msg) {
        return headerLength > 0
                && msg instanceof ByteBuf
                && ((ByteBuf) msg).readableBytes() >= headerLength + EthernetHeader.LENGTH;
    }

    private static int length(Object msg) {
        if (msg instanceof VirtioNetFrame) {
            return ((VirtioNetFrame) msg).content().readableBytes();
        }
        return msg instanceof ByteBuf ? ((ByteBuf) msg).readableBytes() : 0;
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        flushWanted = true;
        drain(ctx);
    }

    private void drain(ChannelHandlerContext ctx) {
        if (draining) {
            // From the listener of a write that failed at once: the coalescer is in use.
            drainAgain = true;
            return;
        }
        draining = true;
        try {
            do {
                drainAgain = false;
                drainOnce(ctx);
            } while (drainAgain);
        } finally {
            draining = false;
        }
        if (flushWanted) {
            flushWanted = false;
            ctx.flush();
        }
    }

    private void drainOnce(ChannelHandlerContext ctx) {
        waitingBytes = 0;
        passedOn = 0;
        int frames = 0;
        // What is written meanwhile, by a listener, comes behind these and waits for the next time.
        for (int writes = waiting.size() / 2; writes > 0 && !waiting.isEmpty(); writes--) {
            Object msg = waiting.poll();
            ChannelPromise promise = (ChannelPromise) waiting.poll();
            // Cancelled, or given up some other way: as in the queue of a channel, a write ends when it is flushed.
            if (!promise.setUncancellable() || promise.isDone()) {
                ReferenceCountUtil.release(msg);
            } else if (isFrame(msg)) {
                frames++;
                add(ctx, msg, promise);
            } else {
                coalescer.flush(ctx, output);
                ctx.write(msg, promise);
            }
        }
        coalescer.flush(ctx, output);
        received += frames;
        delivered += passedOn;
    }

    private boolean isFrame(Object msg) {
        return headerLength > 0 ? isPacket(msg) : msg instanceof VirtioNetFrame || msg instanceof ByteBuf;
    }

    private void add(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        try {
            coalescer.add(msg, headerLength, promise, ctx.alloc());
        } catch (IllegalReferenceCountException e) { // Released by who wrote it: no fault of the others.
            promise.tryFailure(e);
        }
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        fail();
        ctx.close(promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            drain(ctx);
        } else {
            fail();
        }
    }

    private void fail() {
        waitingBytes = 0;
        ClosedChannelException cause = null;
        if (coalescer.size() > 0) {
            cause = new ClosedChannelException();
            coalescer.fail(cause);
        }
        for (Object msg = waiting.poll(); msg != null; msg = waiting.poll()) {
            ChannelPromise promise = (ChannelPromise) waiting.poll();
            ReferenceCountUtil.release(msg);
            cause = cause == null ? new ClosedChannelException() : cause;
            promise.tryFailure(cause);
        }
    }
}
