/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Which channel of a {@link TapEventLoop} is read when: a drained one rests while others bring full batches.
 *
 * <p>Beside a busy channel, one that carries the answers (acknowledgements, say) has a frame or two each time that it
 * is looked at, and each look costs a batch, a flush and a wake-up of the receiver. Left alone for a few batches, it
 * has many frames that go in one batch. With TCP and small frames this is worth a quarter of the throughput.
 *
 * <p><b>Bound.</b> A rest begins when the channel is found empty. It ends as soon as the busy channel is empty too,
 * after {@value #MAX_BATCHES} full batches of others, after {@value #MAX_NANOS} ns, or with a turn of the loop that
 * brings no full batch. So a channel that is alone never rests, nor do channels that converse a frame at a time. A
 * batch is full if it holds as many frames as a batch may; frames of more than about 3 KB, as a TAP with offloads has,
 * fill the receive buffers first, so that nothing rests beside those: what gathered there would not fit the cache.
 *
 * <p>On the loop's thread only. A loop of another class has no turns to bound a rest by, so there nothing rests.
 */
final class RestPolicy {

    static final int MAX_BATCHES = 16;

    static final long MAX_NANOS = 2_000_000;

    /** What the policy knows of one channel. */
    static final class Entry {

        private final Runnable wakeUp;
        private boolean drained;
        private boolean resting;
        private boolean asleep;
        private long drainedAtBatch;
        private long drainedAtNanos;

        /** @param wakeUp reads the channel, for one that {@link RestPolicy#sleep} is told of */
        Entry(Runnable wakeUp) {
            this.wakeUp = wakeUp;
        }
    }

    private final TapLoopCounters counters;
    private final LongSupplier clock;

    /** The channel that brought the last full batch and has not been found empty since. */
    private Entry busy;

    private long fullBatches;
    private boolean fullBatchInTurn;
    private boolean driven;

    private Entry[] sleeping = new Entry[4];
    private int sleepingCount;
    private boolean waking;

    RestPolicy(TapLoopCounters counters, LongSupplier clock) {
        this.counters = counters;
        this.clock = clock;
    }

    /** A {@link TapEventLoop} owns this, and tells of the ends of its turns. */
    void start() {
        driven = true;
    }

    /** Whether a channel that seems to have frames is to be left alone for now. */
    boolean rests(Entry entry) {
        boolean rests = isToRest(entry);
        if (rests && !entry.resting) {
            counters.rests.increment();
        }
        entry.resting = rests;
        return rests;
    }

    private boolean isToRest(Entry entry) {
        return driven
                && entry.drained
                && busy != null
                && busy != entry
                && fullBatches - entry.drainedAtBatch < MAX_BATCHES
                && clock.getAsLong() - entry.drainedAtNanos < MAX_NANOS;
    }

    /** A batch of reads of the channel ended with one that found nothing. */
    void drained(Entry entry) {
        entry.drained = true;
        entry.drainedAtBatch = fullBatches;
        entry.drainedAtNanos = clock.getAsLong();
        if (busy == entry) {
            busy = null;
            wakeAll();
        }
    }

    /** The channel brought as many frames as a batch may have. */
    void full(Entry entry) {
        entry.drained = false;
        busy = entry;
        fullBatches++;
        fullBatchInTurn = true;
        for (int i = 0; i < sleepingCount; i++) {
            if (sleeping[i].asleep && !rests(sleeping[i])) {
                wakeAll();
                break;
            }
        }
    }

    /** The channel rests and nothing else will tell of its frames: it is to be read when its rest is over. */
    void sleep(Entry entry) {
        if (!entry.asleep) {
            entry.asleep = true;
            if (sleepingCount == sleeping.length) {
                sleeping = Arrays.copyOf(sleeping, 2 * sleepingCount);
            }
            sleeping[sleepingCount++] = entry;
        }
    }

    /** Whether the loop must not wait for events, since it has to end rests. */
    boolean hasSleepers() {
        return sleepingCount > 0;
    }

    /** Those that go to sleep again meanwhile stay asleep. */
    private void wakeAll() {
        if (waking || sleepingCount == 0) {
            return;
        }
        waking = true;
        int count = sleepingCount;
        for (int i = 0; i < count; i++) {
            Entry entry = sleeping[i];
            if (entry.asleep) {
                entry.asleep = false;
                entry.resting = false;
                entry.wakeUp.run();
            }
        }
        System.arraycopy(sleeping, count, sleeping, 0, sleepingCount - count);
        Arrays.fill(sleeping, sleepingCount - count, sleepingCount, null);
        sleepingCount -= count;
        waking = false;
    }

    /** The loop has handled the events of a turn. */
    void turnEnds() {
        if (!fullBatchInTurn) {
            busy = null;
            wakeAll();
        }
        fullBatchInTurn = false;
    }

    /** The channel leaves the loop. */
    void forget(Entry entry) {
        if (busy == entry) {
            busy = null;
        }
        entry.asleep = false; // What remembers it is emptied with the next rest that ends.
    }
}
