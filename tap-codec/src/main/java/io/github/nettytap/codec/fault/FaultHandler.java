/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.fault;

import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/**
 * Treats frames as a bad line does: drops, corrupts, duplicates, reorders, delays them and limits their rate, by chance
 * that is the same for the same seed.
 *
 * <pre>{@code
 * pipeline.addFirst(FaultHandler.builder(42).drop(0.01).reorder(0.05).delay(Duration.ofMillis(20)).build());
 * }</pre>
 *
 * <p>Frames are {@code ByteBuf}s and {@code ByteBufHolder}s; anything else passes untouched. Steps are taken in the
 * order named above. The two directions draw from sources of their own, so that traffic of one does not change what
 * happens to the other.
 *
 * <p>A write that the line loses succeeds, as it does with a real line. A frame that still waits when the channel
 * closes or the handler is removed is released, and its write fails. Frames that were delayed are flushed when their
 * time has come. Delayed inbound frames are delivered also while auto-read is off; their number is bounded by {@link
 * Builder#queueFrames(int)}.
 *
 * <p>One handler for each channel.
 */
public final class FaultHandler extends ChannelDuplexHandler {

    private final boolean inbound;
    private final boolean outbound;
    private final FaultPath inboundPath;
    private final FaultPath outboundPath;

    private FaultHandler(Builder settings) {
        inbound = settings.inbound;
        outbound = settings.outbound;
        inboundPath = new Inbound(settings, new FaultRandom(settings.seed).next());
        outboundPath = new Outbound(settings, new FaultRandom(~settings.seed).next());
    }

    /**
     * Begins to describe a line, which at first has no faults.
     *
     * @param seed determines every chance
     * @return a builder
     */
    public static Builder builder(long seed) {
        return new Builder(seed);
    }

    /**
     * What happened to frames that were read.
     *
     * @return the live counts
     */
    public FaultCounters inboundCounters() {
        return inboundPath.counters();
    }

    /**
     * What happened to frames that were written.
     *
     * @return the live counts
     */
    public FaultCounters outboundCounters() {
        return outboundPath.counters();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            place(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        place(ctx);
        ctx.fireChannelActive();
    }

    private void place(ChannelHandlerContext ctx) {
        inboundPath.place(ctx);
        outboundPath.place(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (inbound && isFrame(message)) {
            inboundPath.accept(ctx, message, null);
        } else {
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (outbound && isFrame(message)) {
            outboundPath.accept(ctx, message, promise);
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        inboundPath.releaseAll(null);
        outboundPath.releaseAll(new ClosedChannelException());
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        inboundPath.releaseAll(null);
        outboundPath.releaseAll(new CancellationException("fault handler removed before the frame was due"));
    }

    private static boolean isFrame(Object message) {
        return message instanceof ByteBuf || message instanceof ByteBufHolder;
    }

    private static final class Inbound extends FaultPath {

        private Inbound(Builder settings, long seed) {
            super(settings, seed);
        }

        @Override
        void deliver(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.fireChannelRead(message);
        }

        @Override
        void deliverComplete(ChannelHandlerContext ctx) {
            ctx.fireChannelReadComplete();
        }

        @Override
        ChannelPromise newPromise(ChannelHandlerContext ctx) {
            return null;
        }
    }

    private static final class Outbound extends FaultPath {

        private Outbound(Builder settings, long seed) {
            super(settings, seed);
        }

        @Override
        void deliver(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.write(message, promise);
        }

        @Override
        void deliverComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        ChannelPromise newPromise(ChannelHandlerContext ctx) {
            return ctx.newPromise();
        }
    }

    /** The faults of a line. A handler takes them as they are when it is built. */
    public static final class Builder implements Cloneable {

        private static final int DEFAULT_DISTANCE = 3;
        private static final long DEFAULT_HOLD_NANOS = 10_000_000;
        private static final int DEFAULT_QUEUE_FRAMES = 1_000;

        private final long seed;
        private boolean inbound = true;
        private boolean outbound = true;
        VnetHeader vnetHeader;
        double drop;
        double corrupt;
        double duplicate;
        double reorder;
        int reorderDistance = DEFAULT_DISTANCE;
        long reorderNanos = DEFAULT_HOLD_NANOS;
        long delayNanos;
        long jitterNanos;
        long bitsPerSecond;
        int queueFrames = DEFAULT_QUEUE_FRAMES;

        private Builder(long seed) {
            this.seed = seed;
        }

        /**
         * Leaves frames that are written alone.
         *
         * @return this
         */
        public Builder inboundOnly() {
            inbound = true;
            outbound = false;
            return this;
        }

        /**
         * Leaves frames that are read alone.
         *
         * @return this
         */
        public Builder outboundOnly() {
            inbound = false;
            outbound = true;
            return this;
        }

        /**
         * Says what stands in front of each {@code ByteBuf} frame: it is never corrupted, and does not count for the
         * rate.
         *
         * @param header the virtio-net header; if not said, the handler asks its channel
         * @return this
         */
        public Builder vnetHeader(VnetHeader header) {
            vnetHeader = Objects.requireNonNull(header, "header");
            return this;
        }

        /**
         * Loses frames.
         *
         * @param probability of each frame, 0 to 1
         * @return this
         * @throws IllegalArgumentException if the probability is out of range
         */
        public Builder drop(double probability) {
            drop = checked("drop", probability);
            return this;
        }

        /**
         * Flips one bit of frames, as they are on the wire: a GSO frame is segmented before, and a partial checksum
         * completed, so that the receiver notices. The write of such a frame is that of its last segment.
         *
         * @param probability of each frame, 0 to 1
         * @return this
         * @throws IllegalArgumentException if the probability is out of range
         */
        public Builder corrupt(double probability) {
            corrupt = checked("corrupt", probability);
            return this;
        }

        /**
         * Sends frames twice.
         *
         * @param probability of each frame, 0 to 1
         * @return this
         * @throws IllegalArgumentException if the probability is out of range
         */
        public Builder duplicate(double probability) {
            duplicate = checked("duplicate", probability);
            return this;
        }

        /**
         * Holds frames back until one to three others have passed, or ten milliseconds where none do.
         *
         * @param probability of each frame, 0 to 1
         * @return this
         * @throws IllegalArgumentException if the probability is out of range
         */
        public Builder reorder(double probability) {
            reorder = checked("reorder", probability);
            return this;
        }

        /**
         * Holds frames back until others have passed.
         *
         * @param probability of each frame, 0 to 1
         * @param distance how many others at most, at least 1
         * @param hold how long at most
         * @return this
         * @throws IllegalArgumentException if a value is out of range
         */
        public Builder reorder(double probability, int distance, Duration hold) {
            if (distance < 1) {
                throw new IllegalArgumentException("reorder distance: frames=" + distance + " (expected: more than 0)");
            }
            reorderDistance = distance;
            reorderNanos = checked("reorder hold", hold);
            return reorder(probability);
        }

        /**
         * Lets each frame take its time.
         *
         * @param delay how long
         * @return this
         * @throws IllegalArgumentException if the delay is negative
         */
        public Builder delay(Duration delay) {
            delayNanos = checked("delay", delay);
            return this;
        }

        /**
         * Lets each frame take its time, and some more by chance. Frames keep their order.
         *
         * @param delay how long at least
         * @param jitter how much more at most
         * @return this
         * @throws IllegalArgumentException if a duration is negative
         */
        public Builder delay(Duration delay, Duration jitter) {
            jitterNanos = checked("jitter", jitter);
            return delay(delay);
        }

        /**
         * Sends frames one after the other at a rate. Their bytes count from the Ethernet header to the payload,
         * without the frame check sequence and the gap between frames.
         *
         * @param bitsPerSecond the rate, 0 for no limit
         * @return this
         * @throws IllegalArgumentException if the rate is negative
         */
        public Builder rate(long bitsPerSecond) {
            if (bitsPerSecond < 0) {
                throw new IllegalArgumentException(
                        "rate out of range: bitsPerSecond=" + bitsPerSecond + " (expected: 0 or more)");
            }
            this.bitsPerSecond = bitsPerSecond;
            return this;
        }

        /**
         * Bounds the frames of one direction that wait for delay and rate, and those that are held for reordering.
         * Delay and rate drop what is more, reordering lets it pass.
         *
         * @param frames how many, at least 1; 1000 if not set
         * @return this
         * @throws IllegalArgumentException if the number is not positive
         */
        public Builder queueFrames(int frames) {
            if (frames < 1) {
                throw new IllegalArgumentException("queue length: frames=" + frames + " (expected: more than 0)");
            }
            queueFrames = frames;
            return this;
        }

        /**
         * Makes the handler of one channel.
         *
         * @return a new handler, which further settings do not change
         */
        public FaultHandler build() {
            return new FaultHandler(clone());
        }

        @Override
        protected Builder clone() {
            try {
                return (Builder) super.clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }

        private static double checked(String what, double probability) {
            if (!(probability >= 0 && probability <= 1)) {
                throw new IllegalArgumentException(
                        "probability out of range: " + what + '=' + probability + " (expected: 0..1)");
            }
            return probability;
        }

        private static long checked(String what, Duration duration) {
            if (duration.isNegative()) {
                throw new IllegalArgumentException(
                        what + " out of range: nanoseconds=" + duration.toNanos() + " (expected: 0 or more)");
            }
            return duration.toNanos();
        }
    }
}
