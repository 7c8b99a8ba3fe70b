/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.fault;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.CounterSet;

/** What was done to the frames of one direction. Written by the event loop, readable from any thread. */
public final class FaultCounters extends CounterSet {

    private final Counter frames = counter("frames");
    private final Counter dropped = counter("dropped");
    private final Counter corrupted = counter("corrupted");
    private final Counter duplicated = counter("duplicated");
    private final Counter reordered = counter("reordered");
    private final Counter overflowed = counter("overflowed");

    FaultCounters() {}

    void countFrame() {
        frames.increment();
    }

    void countDropped() {
        dropped.increment();
    }

    void countCorrupted() {
        corrupted.increment();
    }

    void countDuplicated() {
        duplicated.increment();
    }

    void countReordered() {
        reordered.increment();
    }

    void countOverflowed() {
        overflowed.increment();
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
}
