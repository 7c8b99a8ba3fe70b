/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The frames that wait for neighbors of one port, in the order of their coming: bounded in number and bytes, and the
 * one that has waited longest goes for the next one.
 */
final class WaitingFrames {

    static final int MAX_FRAMES = 1_024;
    static final long MAX_BYTES = 4 << 20;

    /** Those that wait no longer are still in it, without their frames, until it is their turn. */
    private final Queue<Entry> frames = new ArrayDeque<>();

    private long bytes;

    private record Entry(Neighbor.Waiting waiting, int bytes) {}

    void add(Neighbor.Waiting next) {
        int length = next.frame.readableBytes();
        while (frames.size() >= MAX_FRAMES || !frames.isEmpty() && bytes + length > MAX_BYTES) {
            Entry oldest = frames.remove();
            bytes -= oldest.bytes;
            if (oldest.waiting.frame != null) {
                // The oldest of the port is the oldest of its neighbor too.
                drop(oldest.waiting.neighbor.pollWaiting());
            }
        }
        bytes += length;
        frames.add(new Entry(next, length));
    }

    /** The frame goes nowhere. */
    static void drop(Neighbor.Waiting waiting) {
        ByteBuf frame = waiting.frame;
        if (frame != null) {
            waiting.frame = null;
            frame.release();
            waiting.from.increment(RouterCounter.UNRESOLVED);
        }
    }
}
