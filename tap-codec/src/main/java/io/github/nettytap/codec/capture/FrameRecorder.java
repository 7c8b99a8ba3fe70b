/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

import java.util.Objects;

/**
 * Hands copies of the frames of one interface to a {@link Capture}: for a handler that knows better than the way of a
 * message through its pipeline which interface a frame passed, and in which direction. {@link CaptureHandler} is the
 * handler for all others.
 *
 * <p>Several of them may record one interface, if each was given an equal one. For one thread. Costs a clock reading and
 * a copy up to the snap length for each frame, no garbage and no waiting.
 */
public final class FrameRecorder {

    private final Capture capture;
    private final CaptureCounters counters;
    private final ByteBuf view;
    private final FrameView frame;
    private final FrameFilter filter;

    /**
     * Records frames of an interface.
     *
     * @param capture where to
     * @param captureInterface what the file says about the interface
     * @param header the virtio-net header in front of each {@code ByteBuf} frame; the content of a {@code
     *     ByteBufHolder} has none
     * @param filter decides about each frame; what it refuses is counted by {@link Capture#refused()}
     */
    public FrameRecorder(Capture capture, CaptureInterface captureInterface, VnetHeader header, FrameFilter filter) {
        this.capture = capture;
        this.counters = capture.register(captureInterface);
        this.view = capture.newView();
        this.frame = new FrameView(header);
        this.filter = Objects.requireNonNull(filter, "filter");
        if (filter != FrameFilter.ALL) {
            counters.filtered();
        }
    }

    /** Checks that frames have the header here that they were said to have. */
    void place(ChannelHandlerContext ctx) {
        frame.place(ctx);
    }

    /**
     * Records a frame that the filter accepts, and anything else not.
     *
     * @param message a {@code ByteBuf} or {@code ByteBufHolder}, left as it is
     * @param direction which way it passed the interface
     */
    public void record(Object message, FrameDirection direction) {
        if (!capture.isRunning()) {
            return;
        }
        if (frame.read(message)) {
            if (filter.accept(frame.buffer(), frame.index(), frame.length(), direction)) {
                capture.offer(counters, view, direction, frame);
            } else {
                counters.countRefused();
            }
        }
    }
}
