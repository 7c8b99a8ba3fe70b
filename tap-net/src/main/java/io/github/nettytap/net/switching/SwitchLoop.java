/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * What the ports of one event loop share: the ports that have something to flush, the way to other loops, and the time.
 *
 * <p>Of the loop's thread, except {@link #releaseHandedOver}.
 */
final class SwitchLoop {

    private static final int HANDOVER_FRAMES = 1024;

    private final int index;
    private final EventLoop eventLoop;
    private final LongSupplier clock;
    private SwitchPort[] touched = new SwitchPort[8];
    private int touchedCount;
    private long now;
    private boolean inBatch;

    /** To each other loop, by its index; made when first needed. */
    private volatile SpscFrameQueue[] handovers = {};

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
     * Sends a frame to a port on this loop or another.
     *
     * @return false if the other loop is so far behind that the frame is still the caller's
     */
    boolean send(ByteBuf frame, SwitchPort to) {
        if (to.loop() == this) {
            write(frame, to);
            return true;
        }
        return handover(to.loop()).offer(frame, to);
    }

    /** Writes a frame to a port of this loop. */
    void write(ByteBuf frame, SwitchPort to) {
        to.write(frame);
        if (to.touch()) {
            if (touchedCount == touched.length) {
                touched = Arrays.copyOf(touched, 2 * touchedCount);
            }
            touched[touchedCount++] = to;
        }
    }

    private SpscFrameQueue handover(SwitchLoop to) {
        SpscFrameQueue[] known = handovers;
        SpscFrameQueue handover = to.index < known.length ? known[to.index] : null;
        if (handover == null) {
            known = Arrays.copyOf(known, Math.max(known.length, to.index + 1));
            handover = new SpscFrameQueue(to, HANDOVER_FRAMES);
            known[to.index] = handover;
            handovers = known;
        }
        return handover;
    }

    /** Each port that got something is flushed once, each loop that got something is woken once. */
    void endBatch() {
        inBatch = false;
        for (int i = 0; i < touchedCount; i++) {
            SwitchPort port = touched[i];
            touched[i] = null;
            port.flush();
        }
        touchedCount = 0;
        for (SpscFrameQueue handover : handovers) {
            if (handover != null) {
                handover.publish();
            }
        }
    }

    void execute(Runnable task) {
        eventLoop.execute(task);
    }

    void releaseHandedOver() {
        for (SpscFrameQueue handover : handovers) {
            if (handover != null) {
                handover.releaseAll();
            }
        }
    }
}
