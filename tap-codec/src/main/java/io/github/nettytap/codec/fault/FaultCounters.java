/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.fault;

import java.util.concurrent.atomic.AtomicLong;

/** What was done to the frames of one direction. Written by the event loop, readable from any thread. */
public final class FaultCounters {

    private final AtomicLong frames = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong corrupted = new AtomicLong();
    private final AtomicLong duplicated = new AtomicLong();
    private final AtomicLong reordered = new AtomicLong();
    private final AtomicLong overflowed = new AtomicLong();

    FaultCounters() {}

    private static void increment(AtomicLong counter) {
        counter.lazySet(counter.get() + 1); // there is one writer
    }

    void countFrame() {
        increment(frames);
    }

    void countDropped() {
        increment(dropped);
    }

    void countCorrupted() {
        increment(corrupted);
    }

    void countDuplicated() {
        increment(duplicated);
    }

    void countReordered() {
        increment(reordered);
    }

    void countOverflowed() {
        increment(overflowed);
    }

    /**
     * Frames that came to the handler.
     *
     * @return the count
     */
    public long frames() {
        return frames.get();
    }

    /**
     * Frames that were dropped by chance.
     *
     * @return the count
     */
    public long dropped() {
        return dropped.get();
    }

    /**
     * Frames in which a bit was flipped.
     *
     * @return the count
     */
    public long corrupted() {
        return corrupted.get();
    }

    /**
     * Frames that were sent twice.
     *
     * @return the count
     */
    public long duplicated() {
        return duplicated.get();
    }

    /**
     * Frames that were held back until others had passed.
     *
     * @return the count
     */
    public long reordered() {
        return reordered.get();
    }

    /**
     * Frames that were dropped because the queue of delay and rate limit was full.
     *
     * @return the count
     */
    public long overflowed() {
        return overflowed.get();
    }

    @Override
    public String toString() {
        return "FaultCounters(frames=" + frames() + ", dropped=" + dropped() + ", corrupted=" + corrupted()
                + ", duplicated=" + duplicated() + ", reordered=" + reordered() + ", overflowed=" + overflowed() + ')';
    }
}
