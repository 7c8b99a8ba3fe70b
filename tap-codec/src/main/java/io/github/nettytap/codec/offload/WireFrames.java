/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.virtio.VirtioNetOffload;
import io.github.nettytap.codec.virtio.VirtioNetOption;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * Complete Ethernet frames for an application, with the offloads of the device underneath: a {@link ByteBuf} that is
 * read is a frame as it goes on a wire, with its checksums, no longer than the MTU allows; a {@link ByteBuf} that is
 * written is such a frame, too.
 *
 * <pre>{@code
 * new Bootstrap()
 *         .group(group)
 *         .channel(TapChannel.class)
 *         .option(TapChannelOption.TAP_OFFLOADS, OffloadRequest.BEST_AVAILABLE)
 *         .handler(WireFrames.around(application))
 *         .bind(TapAddress.of("tap0"));
 * }</pre>
 *
 * <p>The channel is asked for its virtio-net header and its offloads when it becomes active
 * ({@link VirtioNetOption}), so the same pipeline serves a device with any header, and with none.
 *
 * <p>Inbound, GSO frames are segmented and partial checksums completed; a malformed header is counted by the {@link
 * VirtioNetCodec} of the pipeline and its frame dropped. Outbound, the TCP frames of one flow that are written before a
 * flush leave as one GSO frame where TSO was negotiated; see {@link CoalescingWriteHandler}, which says what becomes of
 * promises. UDP leaves as it is: a receiver gains little by it, and Linux 7.0 mangles such frames. Nothing is emitted
 * that was not negotiated. No frame waits longer than for its flush.
 *
 * <p>A frame that is read belongs to the application. It may be a slice of memory that others share: the segments of
 * one GSO frame are slices of one buffer.
 *
 * <p>Cost: that of the offloads in software, one copy of the payload and one pass over it; a plain frame costs neither.
 */
public final class WireFrames {

    private WireFrames() {}

    /**
     * Puts an application behind handlers that give it complete frames.
     *
     * @param application what reads and writes complete frames; an initializer adds several handlers
     * @return the handler for a bootstrap, or for the end of a pipeline; for as many channels as the application is for
     */
    public static ChannelHandler around(ChannelHandler application) {
        return new Initializer(Objects.requireNonNull(application, "application"));
    }

    private static final class Initializer extends ChannelInitializer<Channel> {

        private final ChannelHandler application;

        private Initializer(ChannelHandler application) {
            this.application = application;
        }

        @Override
        protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new VirtioNetCodec(), new Completion(), application);
        }
    }

    /** Inbound, makes complete frames of what the codec delivers. */
    private static final class Completion extends ChannelInboundHandlerAdapter {

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            if (ctx.channel().isActive()) {
                coalesceWhatWasNegotiated(ctx);
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            coalesceWhatWasNegotiated(ctx);
            ctx.fireChannelActive();
        }

        private static void coalesceWhatWasNegotiated(ChannelHandlerContext ctx) {
            Set<VirtioNetOffload> offloads = EnumSet.noneOf(VirtioNetOffload.class);
            offloads.addAll(VirtioNetOption.negotiated(ctx.channel()));
            offloads.retainAll(EnumSet.of(VirtioNetOffload.TSO4, VirtioNetOffload.TSO6));
            if (!offloads.isEmpty()) {
                ctx.pipeline().addBefore(ctx.name(), null, CoalescingWriteHandler.frames(Coalescer.of(offloads)));
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            if (!(msg instanceof VirtioNetFrame)) {
                ctx.fireChannelRead(msg);
                return;
            }
            VirtioNetFrame frame = (VirtioNetFrame) msg;
            if (frame.isGsoFrame()) {
                segment(ctx, frame);
            } else if (frame.checksum() == ChecksumState.PARTIAL) {
                ctx.fireChannelRead(Checksums.complete(frame, ctx.alloc()).detach());
            } else {
                ctx.fireChannelRead(frame.detach());
            }
        }

        private static void segment(ChannelHandlerContext ctx, VirtioNetFrame frame) {
            try {
                FrameVerdict verdict =
                        Segmentation.segment(frame, 0, ctx.alloc(), segment -> ctx.fireChannelRead(segment.detach()));
                assert verdict == FrameVerdict.WELL_FORMED : verdict; // The codec has validated it.
            } finally {
                frame.release();
            }
        }
    }
}
