/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.fault;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCountUtil;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One direction of a {@link FaultHandler}: what happens to a frame, step by step. On the event loop only.
 *
 * <p>Each frame draws the same number of random values whatever becomes of it, so that its fate depends on the seed and
 * on how many came before it, and on no other setting.
 */
abstract class FaultPath {

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final FaultHandler.Builder settings;
    private final FrameView view;
    private final FaultRandom random;
    private final FaultCounters counters = new FaultCounters();
    private final List<Held> held = new ArrayList<>();
    private final ArrayDeque<Delayed> queue = new ArrayDeque<>();
    private long lineFree;
    private long lastDue;
    private boolean timed;

    /** A frame that waits for others to overtake it. */
    private static final class Held {
        private final Object message;
        private final ChannelPromise promise;
        private final long jitter;
        private int toPass;

        private Held(Object message, ChannelPromise promise, long jitter, int toPass) {
            this.message = message;
            this.promise = promise;
            this.jitter = jitter;
            this.toPass = toPass;
        }
    }

    /** A frame on its way along the line. */
    private static final class Delayed {
        private final Object message;
        private final ChannelPromise promise;
        private final long due;

        private Delayed(Object message, ChannelPromise promise, long due) {
            this.message = message;
            this.promise = promise;
            this.due = due;
        }
    }

    FaultPath(FaultHandler.Builder settings, long seed) {
        this.settings = settings;
        this.view = settings.vnetHeader == null ? new FrameView() : new FrameView(settings.vnetHeader);
        this.random = new FaultRandom(seed);
    }

    /** Passes a frame on. */
    abstract void deliver(ChannelHandlerContext ctx, Object message, ChannelPromise promise);

    /** Says that a batch that was late is complete. */
    abstract void deliverComplete(ChannelHandlerContext ctx);

    /** Makes the promise of a second copy. */
    abstract ChannelPromise newPromise(ChannelHandlerContext ctx);

    void place(ChannelHandlerContext ctx) {
        view.place(ctx);
    }

    FaultCounters counters() {
        return counters;
    }

    /** Takes a frame: a ByteBuf or a ByteBufHolder. */
    void accept(ChannelHandlerContext ctx, Object frame, ChannelPromise promise) {
        counters.countFrame();
        boolean drop = random.chance(settings.drop);
        boolean corrupt = random.chance(settings.corrupt);
        long corruptBit = random.next() >>> 1;
        boolean duplicate = random.chance(settings.duplicate);
        boolean reorder = random.chance(settings.reorder);
        int toPass = 1 + (int) Long.remainderUnsigned(random.next(), settings.reorderDistance);
        long jitterDraw = random.next() >>> 1;
        long jitter = settings.jitterNanos == 0 ? 0 : jitterDraw % settings.jitterNanos;
        if (drop) {
            counters.countDropped();
            discard(frame, promise);
            return;
        }
        Object message = corrupt ? corrupted(ctx, frame, corruptBit) : frame;
        Object second = duplicate ? copy(message) : null;
        int waiting = held.size();
        if (reorder && waiting < settings.queueFrames) {
            counters.countReordered();
            hold(ctx, new Held(message, promise, jitter, toPass));
        } else {
            emit(ctx, message, promise, jitter);
        }
        if (second != null) {
            counters.countDuplicated();
            emit(ctx, second, newPromise(ctx), jitter);
        }
        letOvertakenPass(ctx, waiting);
    }

    /** Counts a frame for those that were held before it. */
    private void letOvertakenPass(ChannelHandlerContext ctx, int waiting) {
        if (waiting == 0) {
            return;
        }
        List<Held> passing = new ArrayList<>();
        Iterator<Held> all = held.iterator();
        for (int i = 0; i < waiting && all.hasNext(); i++) {
            Held frame = all.next();
            if (--frame.toPass == 0) {
                all.remove();
                passing.add(frame);
            }
        }
        for (Held frame : passing) {
            emit(ctx, frame.message, frame.promise, frame.jitter);
        }
    }

    private void hold(ChannelHandlerContext ctx, Held frame) {
        held.add(frame);
        // Where no traffic follows, nothing overtakes: the frame is late and not lost.
        ctx.executor()
                .schedule(
                        () -> {
                            if (held.remove(frame)) {
                                emit(ctx, frame.message, frame.promise, frame.jitter);
                                deliverComplete(ctx);
                            }
                        },
                        settings.reorderNanos,
                        TimeUnit.NANOSECONDS);
    }

    private void emit(ChannelHandlerContext ctx, Object message, ChannelPromise promise, long jitter) {
        if (message instanceof Segments) {
            // The write of a frame that was segmented here is that of its last segment.
            Object[] segments = ((Segments) message).frames;
            for (int i = 0; i < segments.length; i++) {
                emit(ctx, segments[i], i == segments.length - 1 ? promise : newPromise(ctx), jitter);
            }
            return;
        }
        if (settings.delayNanos == 0 && settings.jitterNanos == 0 && settings.bitsPerSecond == 0) {
            deliver(ctx, message, promise);
            return;
        }
        if (queue.size() >= settings.queueFrames) {
            counters.countOverflowed();
            discard(message, promise);
            return;
        }
        long sent = now(ctx);
        if (settings.bitsPerSecond > 0) {
            long start = queue.isEmpty() ? sent : Math.max(sent, lineFree);
            lineFree = start + transmission(length(message));
            sent = lineFree;
        }
        long due = sent + settings.delayNanos + jitter;
        // Jitter moves frames apart and does not let them overtake: that is a setting of its own.
        if (!queue.isEmpty() && due - lastDue < 0) {
            due = lastDue;
        }
        lastDue = due;
        queue.add(new Delayed(message, promise, due));
        startTimer(ctx);
    }

    private long transmission(int bytes) {
        return Math.max(0, bytes) * Byte.SIZE * NANOS_PER_SECOND / settings.bitsPerSecond;
    }

    private void startTimer(ChannelHandlerContext ctx) {
        if (!timed && !queue.isEmpty()) {
            timed = true;
            long wait = Math.max(0, queue.peek().due - now(ctx));
            ctx.executor().schedule(() -> drain(ctx), wait, TimeUnit.NANOSECONDS);
        }
    }

    private void drain(ChannelHandlerContext ctx) {
        timed = false;
        boolean any = false;
        while (!queue.isEmpty() && queue.peek().due - now(ctx) <= 0) {
            Delayed next = queue.poll();
            deliver(ctx, next.message, next.promise);
            any = true;
        }
        if (any) {
            deliverComplete(ctx);
        }
        startTimer(ctx);
    }

    private static long now(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime();
    }

    /** Releases everything that waits; writes fail with the cause. */
    void releaseAll(Throwable cause) {
        while (!held.isEmpty()) {
            Held frame = held.remove(held.size() - 1);
            fail(frame.message, frame.promise, cause);
        }
        while (!queue.isEmpty()) {
            Delayed frame = queue.poll();
            fail(frame.message, frame.promise, cause);
        }
    }

    private static void fail(Object message, ChannelPromise promise, Throwable cause) {
        ReferenceCountUtil.release(message);
        if (promise != null) {
            promise.tryFailure(cause);
        }
    }

    /** A frame that the line loses was sent all the same. */
    private static void discard(Object message, ChannelPromise promise) {
        ReferenceCountUtil.release(message);
        if (promise != null) {
            promise.trySuccess();
        }
    }

    private int length(Object message) {
        view.read(message);
        return view.length();
    }

    private static Object copy(Object message) {
        if (message instanceof Segments) {
            Object[] copies = ((Segments) message).frames.clone();
            for (int i = 0; i < copies.length; i++) {
                copies[i] = copy(copies[i]);
            }
            return new Segments(copies);
        }
        return message instanceof ByteBuf ? ((ByteBuf) message).copy() : ((ByteBufHolder) message).copy();
    }

    /**
     * Flips one bit of what goes on the wire: a GSO frame is segmented and a partial checksum completed before, as
     * netem does, or whoever completes it later would vouch for the flipped bit. In copies, since others may hold the
     * memory of the original too. Nothing says any longer that the checksum is valid.
     */
    private Object corrupted(ChannelHandlerContext ctx, Object message, long random) {
        view.read(message);
        if (view.length() == 0) {
            return message;
        }
        int headroom = message instanceof ByteBuf ? view.headerLength() : 0;
        List<ByteBuf> complete = new ArrayList<>();
        long bytes = 0;
        try {
            if (Segmentation.segment(view, headroom, ctx.alloc(), complete::add) != FrameVerdict.WELL_FORMED) {
                // What is malformed goes on as it is, but for the bit.
                complete.add(view.buffer().copy(view.index() - headroom, view.length() + headroom));
            }
            for (ByteBuf frame : complete) {
                bytes += frame.readableBytes() - headroom;
            }
            long bit = random % (bytes * Byte.SIZE);
            for (int i = 0; ; i++) {
                ByteBuf frame = complete.get(i);
                long bits = (frame.readableBytes() - headroom) * (long) Byte.SIZE;
                if (bit < bits) {
                    complete.set(i, flipped(frame, headroom + (int) (bit / Byte.SIZE), (int) (bit % Byte.SIZE)));
                    break;
                }
                bit -= bits;
            }
        } catch (Throwable cause) {
            complete.forEach(ByteBuf::release);
            ReferenceCountUtil.release(message);
            throw cause;
        }
        counters.countCorrupted();
        Object[] frames = new Object[complete.size()];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = inFormOf(message, complete.get(i));
        }
        ReferenceCountUtil.release(message);
        return frames.length == 1 ? frames[0] : new Segments(frames);
    }

    private static ByteBuf flipped(ByteBuf frame, int offset, int bit) {
        ByteBuf copy = frame.copy();
        copy.setByte(copy.readerIndex() + offset, copy.getByte(copy.readerIndex() + offset) ^ 1 << bit);
        frame.release();
        return copy;
    }

    private static Object inFormOf(Object message, ByteBuf frame) {
        if (message instanceof ByteBuf) {
            return frame;
        }
        return message instanceof VirtioNetFrame
                ? VirtioNetFrame.complete(frame, ChecksumState.NONE)
                : ((ByteBufHolder) message).replace(frame);
    }

    /** The segments of a GSO frame, one of them corrupted, on their way as one. */
    private static final class Segments extends AbstractReferenceCounted {

        private final Object[] frames;

        private Segments(Object[] frames) {
            this.frames = frames;
        }

        @Override
        protected void deallocate() {
            for (Object frame : frames) {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public Segments touch(Object hint) {
            return this;
        }
    }
}
