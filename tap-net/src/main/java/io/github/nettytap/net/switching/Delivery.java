/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.util.function.Consumer;

/**
 * The way of frames from one port to others: as they are, or cut into wire frames for a port that does not take their
 * offloads.
 *
 * <p>On the loop of the port that they come from, which counts what is lost on the way.
 */
final class Delivery {

    private final SwitchPort from;
    private final SwitchLoop loop;
    private final Consumer<ByteBuf> sendSegment = segment -> send(segment, this.segmentsTo);

    /** Where the segments of the GSO frame in hand go. */
    private SwitchPort segmentsTo;

    Delivery(SwitchPort from) {
        this.from = from;
        loop = from.loop();
    }

    /** Sends a frame with these needs to a port. Owns the frame. */
    void send(ByteBuf frame, int needs, SwitchPort to) {
        if (to.takes(needs)) {
            send(frame, to);
        } else {
            sendSegments(frame, to);
        }
    }

    private void send(ByteBuf frame, SwitchPort to) {
        if (!loop.send(frame, to)) {
            from.countCongested();
            frame.release();
        }
    }

    /** What a network card would have done for the port: one frame a segment, all checksums whole. */
    private void sendSegments(ByteBuf frame, SwitchPort to) {
        int header = from.vnetHeaderSize();
        ByteBufAllocator allocator = to.channel().alloc();
        segmentsTo = to;
        try {
            FrameVerdict verdict = Segmentation.segment(frame, header, header, allocator, sendSegment);
            if (verdict == FrameVerdict.WELL_FORMED) {
                from.countSegmented();
            } else {
                from.countMalformed();
            }
        } finally {
            segmentsTo = null;
            frame.release();
        }
    }
}
