/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.MalformedFrameException;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Segments GSO frames into complete frames: inbound for an application that wants those, outbound for a port that did
 * not negotiate segmentation, which must never be given a GSO frame.
 *
 * <p>In goes a {@link VirtioNetFrame} that is a GSO frame, out come its segments with complete checksums; see
 * {@link Segmentation}. Other messages pass untouched. Outbound, the promise of the GSO frame succeeds when all its
 * segments are written, and fails with the first that fails.
 *
 * <p>A malformed GSO frame is counted and dropped inbound; outbound its promise fails with
 * {@link MalformedFrameException}.
 *
 * <p>Cost: one copy of the payload and one pass for the checksums, and a small object for each GSO frame.
 */
public final class SegmentationHandler extends ChannelDuplexHandler {

    private final boolean inbound;
    private final boolean outbound;
    private final int headerLength;
    private volatile long gsoFrames;
    private volatile long malformed;

    private SegmentationHandler(boolean inbound, boolean outbound, int headerLength) {
        this.inbound = inbound;
        this.outbound = outbound;
        this.headerLength = headerLength;
    }

    /**
     * Makes a handler that segments what comes in.
     *
     * @return the handler, for one channel
     */
    public static SegmentationHandler inbound() {
        return inbound(VirtioNetHeader.LENGTH);
    }

    /**
     * Makes a handler that segments what comes in, and leaves room in front of each segment for a header to come. With
     * room for exactly that header, the segments of a GSO frame stand one behind the other in memory without a gap, and
     * can go into a datagram socket as one buffer.
     *
     * @param headroom the bytes of zeros in front of each segment
     * @return the handler, for one channel
     * @throws IllegalArgumentException for a negative number
     */
    public static SegmentationHandler inbound(int headroom) {
        if (headroom < 0) {
            throw new IllegalArgumentException("no such headroom: headroom=" + headroom + " (expected: 0 or more)");
        }
        return new SegmentationHandler(true, false, headroom);
    }

    /**
     * Makes a handler that segments what goes out.
     *
     * @param header the header of the codec in front, for which each segment leaves room
     * @return the handler, for one channel
     */
    public static SegmentationHandler outbound(VnetHeader header) {
        return new SegmentationHandler(false, true, header.length());
    }

    /**
     * How many GSO frames were segmented. Any thread may ask.
     *
     * @return the count
     */
    public long gsoFrames() {
        return gsoFrames;
    }

    /**
     * How many GSO frames were malformed. Any thread may ask.
     *
     * @return the count
     */
    public long malformed() {
        return malformed;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (!(msg instanceof VirtioNetFrame)) {
            Misplaced.pass(ctx, msg);
            return;
        }
        if (!inbound || !isGsoFrame(msg)) {
            ctx.fireChannelRead(msg);
            return;
        }
        VirtioNetFrame frame = (VirtioNetFrame) msg;
        try {
            count(Segmentation.segment(frame, headerLength, ctx.alloc(), ctx::fireChannelRead));
        } finally {
            frame.release();
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        if (!outbound || !isGsoFrame(msg)) {
            ctx.write(msg, promise);
            return;
        }
        VirtioNetFrame frame = (VirtioNetFrame) msg;
        int length = frame.content().readableBytes();
        SegmentsPromise writes = new SegmentsPromise(ctx, promise);
        FrameVerdict verdict;
        try {
            verdict = Segmentation.segment(
                    frame, headerLength, ctx.alloc(), segment -> ctx.write(segment, writes.next()));
        } finally {
            frame.release();
        }
        count(verdict);
        if (verdict == FrameVerdict.WELL_FORMED) {
            writes.finish();
        } else {
            promise.tryFailure(new MalformedFrameException(verdict, length));
        }
    }

    private static boolean isGsoFrame(Object msg) {
        return msg instanceof VirtioNetFrame && ((VirtioNetFrame) msg).isGsoFrame();
    }

    private void count(FrameVerdict verdict) {
        if (verdict == FrameVerdict.WELL_FORMED) {
            gsoFrames++;
        } else {
            malformed++;
        }
    }
}
