/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Completes partial checksums, in both directions, and verifies complete ones on the way in if asked.
 *
 * <p>In goes a {@link VirtioNetFrame} with a partial checksum, out comes one whose checksum is valid. With
 * verification, a frame whose checksum nobody has looked at becomes valid too, or is counted and dropped if it is
 * wrong. GSO frames and other messages pass untouched: a GSO frame has no checksum to complete before it is segmented,
 * so put a {@link SegmentationHandler} between the codec and this handler where no GSO frame may pass.
 *
 * <p>Cost: one pass over the payload; in place where the frame is exclusive, otherwise with a copy of it.
 */
public final class ChecksumOffloadHandler extends ChannelDuplexHandler {

    private final boolean verifying;
    private volatile long completed;
    private volatile long wrong;

    private ChecksumOffloadHandler(boolean verifying) {
        this.verifying = verifying;
    }

    /**
     * Makes a handler that completes partial checksums and leaves complete ones alone.
     *
     * @return the handler, for one channel
     */
    public static ChecksumOffloadHandler completing() {
        return new ChecksumOffloadHandler(false);
    }

    /**
     * Makes a handler that completes partial checksums and drops inbound frames whose checksum is wrong.
     *
     * @return the handler, for one channel
     */
    public static ChecksumOffloadHandler verifying() {
        return new ChecksumOffloadHandler(true);
    }

    /**
     * How many checksums were completed. Any thread may ask.
     *
     * @return the count
     */
    public long completed() {
        return completed;
    }

    /**
     * How many inbound frames were dropped for a wrong checksum. Any thread may ask.
     *
     * @return the count
     */
    public long wrong() {
        return wrong;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (!(msg instanceof VirtioNetFrame)) {
            Misplaced.pass(ctx, msg);
            return;
        }
        VirtioNetFrame frame = (VirtioNetFrame) msg;
        if (isToComplete(frame)) {
            ctx.fireChannelRead(complete(ctx.alloc(), frame));
        } else if (verifying && !frame.isGsoFrame() && frame.checksum() == ChecksumState.NONE) {
            verify(ctx, frame);
        } else {
            ctx.fireChannelRead(frame);
        }
    }

    private void verify(ChannelHandlerContext ctx, VirtioNetFrame frame) {
        ByteBuf content = frame.content();
        switch (Checksums.verify(content, content.readerIndex(), content.writerIndex())) {
            case CORRECT:
                ctx.fireChannelRead(frame.verified());
                break;
            case WRONG:
                wrong++;
                frame.release();
                break;
            default:
                ctx.fireChannelRead(frame);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        Object out = msg;
        if (msg instanceof VirtioNetFrame && isToComplete((VirtioNetFrame) msg)) {
            out = complete(ctx.alloc(), (VirtioNetFrame) msg);
        }
        ctx.write(out, promise);
    }

    private static boolean isToComplete(VirtioNetFrame frame) {
        // A place outside the frame is for the codec to refuse.
        return frame.checksum() == ChecksumState.PARTIAL
                && !frame.isGsoFrame()
                && frame.checksumStart() + frame.checksumOffset() + Short.BYTES
                        <= frame.content().readableBytes();
    }

    private VirtioNetFrame complete(ByteBufAllocator alloc, VirtioNetFrame frame) {
        VirtioNetFrame result = Checksums.complete(frame, alloc);
        completed++;
        return result;
    }
}
