/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Taps a pipeline: hands a copy of each frame that passes, in either direction, to a {@link Capture}.
 *
 * <p>Frames are {@code ByteBuf}s or {@code ByteBufHolder}s, and pass through untouched, as does everything else. Where
 * the handler stands decides what is seen: first in the pipeline, the frames as the device has them, headers of
 * offloaded ones included; further on, what the handlers before it have made of them.
 *
 * <p>One handler for each channel. Channels of the queues of one device share an interface by being given an equal one.
 * Costs a clock reading and a copy up to the snap length for each frame, no garbage and no waiting.
 */
public final class CaptureHandler extends ChannelDuplexHandler {

    private final FrameRecorder recorder;

    /**
     * Captures all frames.
     *
     * @param capture where to
     * @param captureInterface what the file says about this channel
     * @param header the virtio-net header in front of each {@code ByteBuf} frame; the content of a {@code
     *     ByteBufHolder} has none
     */
    public CaptureHandler(Capture capture, CaptureInterface captureInterface, VnetHeader header) {
        this(capture, captureInterface, header, FrameFilter.ALL);
    }

    /**
     * Captures the frames that a filter accepts.
     *
     * @param capture where to
     * @param captureInterface what the file says about this channel
     * @param header the virtio-net header in front of each {@code ByteBuf} frame; the content of a {@code
     *     ByteBufHolder} has none
     * @param filter decides about each frame; what it refuses is counted by {@link Capture#refused()}
     */
    public CaptureHandler(Capture capture, CaptureInterface captureInterface, VnetHeader header, FrameFilter filter) {
        recorder = new FrameRecorder(capture, captureInterface, header, filter);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            recorder.place(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        recorder.place(ctx);
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        recorder.record(message, FrameDirection.INBOUND);
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        recorder.record(message, FrameDirection.OUTBOUND);
        ctx.write(message, promise);
    }
}
