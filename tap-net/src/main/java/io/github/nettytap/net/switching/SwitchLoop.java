/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.net.port.EgressBatch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What the ports of one event loop share: the egress of their batch, the way to other loops, and the time.
 *
 * <p>Of the loop's thread, except {@link #releaseQueued}.
 */
final class SwitchLoop {

    private static final int QUEUE_FRAMES = 1024;

    private final int index;
    private final EventLoop eventLoop;
    private final LongSupplier clock;
    private final EgressBatch egress = new EgressBatch();
    private final Consumer<ByteBuf> queueSegment = this::queueSegment;
    private long now;
    private boolean inBatch;

    /** Of the GSO frame that is being segmented for a port of another loop. */
    private SwitchPort segmentsFrom;

    private SwitchPort segmentsTo;

    /** To each other loop, by its index; made when first needed. */
    private volatile SpscFrameQueue[] queues = {};

    SwitchLoop(int index, EventLoop eventLoop, LongSupplier clock) {
        this.index = index;
        this.eventLoop = eventLoop;
        this.clock = clock;
    }

    /** The time in seconds, asked once a batch. */
    long now() {
        if (!inBatch) {
            inBatch = true;
            now = clock.getAsLong();
        }
        return now;
    }

    /**
     * Sends a frame to a port on this loop or another. Owns the frame.
     *
     * @param required the offloads that it requires
     * @param from the port that it came in through, which counts what is lost on the way
     * @return false if its virtio-net header does not fit it, which the caller counts: once, however many ports it was
     *     for
     */
    boolean send(ByteBuf frame, int required, SwitchPort from, SwitchPort to) {
        if (to.loop() == this) {
            return count(egress.send(frame, required, to), from, to);
        }
        if (to.takes(required)) {
            queue(frame, from, to);
            return true;
        }
        return queueSegments(frame, from, to);
    }

    /** Writes a frame of another loop, complete enough for its port, to that port of this loop. */
    void write(ByteBuf frame, SwitchPort to) {
        count(egress.send(frame, 0, to), to, to);
    }

    private static boolean count(EgressBatch.Result result, SwitchPort from, SwitchPort to) {
        switch (result) {
            case SENT, MALFORMED -> {}
            case SEGMENTED -> from.countSegmented();
            case CONGESTED -> to.countCongested();
        }
        return result != EgressBatch.Result.MALFORMED;
    }

    private void queue(ByteBuf frame, SwitchPort from, SwitchPort to) {
        if (!queueTo(to.loop()).offer(frame, to)) {
            from.countCongested();
            frame.release();
        }
    }

    private boolean queueSegments(ByteBuf frame, SwitchPort from, SwitchPort to) {
        segmentsFrom = from;
        segmentsTo = to;
        try {
            int header = to.vnetHeaderSize();
            FrameVerdict verdict =
                    Segmentation.segment(frame, header, header, from.channel().alloc(), queueSegment);
            return count(
                    verdict == FrameVerdict.WELL_FORMED ? EgressBatch.Result.SEGMENTED : EgressBatch.Result.MALFORMED,
                    from,
                    to);
        } finally {
            segmentsFrom = null;
            segmentsTo = null;
            frame.release();
        }
    }

    private void queueSegment(ByteBuf segment) {
        queue(segment, segmentsFrom, segmentsTo);
    }

    private SpscFrameQueue queueTo(SwitchLoop to) {
        SpscFrameQueue[] known = queues;
        SpscFrameQueue queue = to.index < known.length ? known[to.index] : null;
        if (queue == null) {
            known = Arrays.copyOf(known, Math.max(known.length, to.index + 1));
            queue = new SpscFrameQueue(to, QUEUE_FRAMES);
            known[to.index] = queue;
            queues = known;
        }
        return queue;
    }

    /** Each port that got something is flushed once, each loop that got something is woken once. */
    void endBatch() {
        inBatch = false;
        egress.flush();
        for (SpscFrameQueue queue : queues) {
            if (queue != null) {
                queue.publish();
            }
        }
    }

    void execute(Runnable task) {
        eventLoop.execute(task);
    }

    void releaseQueued() {
        for (SpscFrameQueue queue : queues) {
            if (queue != null) {
                queue.releaseAll();
            }
        }
    }
}
