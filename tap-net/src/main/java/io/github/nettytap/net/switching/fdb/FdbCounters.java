/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import io.github.nettytap.codec.counter.CounterSet;

import java.util.concurrent.atomic.LongAdder;

/** What has happened to an {@link Fdb} since it was made. Any thread may read. */
public final class FdbCounters extends CounterSet {

    final LongAdder added = sharedCounter("added");
    final LongAdder moved = sharedCounter("moved");
    final LongAdder expired = sharedCounter("expired");
    final LongAdder refused = sharedCounter("refused");
    private final LongAdder evicted = sharedCounter("evicted");
    private final LongAdder evictedOwn = sharedCounter("evictedOwn");

    FdbCounters() {}

    void countReplaced(boolean aged, boolean own) {
        if (aged) {
            expired.increment();
        } else if (own) {
            evictedOwn.increment();
        } else {
            evicted.increment();
        }
    }

    /**
     * Addresses that got a place.
     *
     * @return the count
     */
    public long added() {
        return added.sum();
    }

    /**
     * Times that an address was heard at another port than before.
     *
     * @return the count
     */
    public long moved() {
        return moved.sum();
    }

    /**
     * Addresses whose place was taken or freed after they had aged out.
     *
     * @return the count
     */
    public long expired() {
        return expired.sum();
    }

    /**
     * Addresses that had to make room for one of another port.
     *
     * @return the count
     */
    public long evicted() {
        return evicted.sum();
    }

    /**
     * Addresses that had to make room for another of their own port.
     *
     * @return the count
     */
    public long evictedOwn() {
        return evictedOwn.sum();
    }

    /**
     * Times that an address found no place. It is tried again with each frame.
     *
     * @return the count
     */
    public long refused() {
        return refused.sum();
    }
}
