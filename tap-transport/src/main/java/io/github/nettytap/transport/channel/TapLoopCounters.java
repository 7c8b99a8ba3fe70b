/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.CounterSet;

/**
 * What one event loop has counted since it was made, over all of its TAP channels.
 *
 * <p>The loop is the only writer; any thread may read. Each value is exact, but two values read one after the other
 * need not belong to the same instant.
 */
public final class TapLoopCounters extends CounterSet {

    final Counter turns = counter("turns");
    final Counter batches = counter("batches");
    final Counter frames = counter("frames");
    final Counter asleep = counter("asleepNanos");
    final Counter rests = counter("rests");

    TapLoopCounters() {}

    /**
     * Turns of the loop, each of which waits for events, unless there are tasks, and handles those that are there.
     *
     * @return the number of turns
     */
    public long turns() {
        return turns.get();
    }

    /**
     * Receive batches of all channels, each ended by one {@code channelReadComplete}.
     *
     * @return the number of batches
     */
    public long batches() {
        return batches.get();
    }

    /**
     * Frames in those batches; by {@link #batches()} it is how many frames a batch has, which tells how busy a loop is
     * sooner than its processor does.
     *
     * @return the number of frames
     */
    public long frames() {
        return frames.get();
    }

    /**
     * Time that the loop has waited for events.
     *
     * @return the time in nanoseconds
     */
    public long asleepNanos() {
        return asleep.get();
    }

    /**
     * Times that a drained channel was left alone, although it had frames, while others of the loop brought full
     * batches: for a few batches and milliseconds at most, until the frames of a batch have gathered.
     *
     * @return the number of rests
     */
    public long rests() {
        return rests.get();
    }
}
