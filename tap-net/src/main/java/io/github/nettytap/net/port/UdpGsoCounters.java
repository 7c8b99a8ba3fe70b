/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one or more {@link UdpGsoHandler}s of one event loop have counted. That loop writes, any thread reads.
 */
public final class UdpGsoCounters {

    private final AtomicLong segmentedWrites = new AtomicLong();
    private final AtomicLong datagrams = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    /** Starts at zero. */
    public UdpGsoCounters() {}

    private static void add(AtomicLong counter, long more) {
        counter.lazySet(counter.get() + more); // one writer
    }

    void countSegmentedWrite(int count) {
        add(segmentedWrites, 1);
        add(datagrams, count);
    }

    void countRefused() {
        add(refused, 1);
    }

    void countFailed(int count) {
        add(failed, count);
    }

    /**
     * Writes of several datagrams each that the kernel took.
     *
     * @return the count
     */
    public long segmentedWrites() {
        return segmentedWrites.get();
    }

    /**
     * Datagrams in those writes.
     *
     * @return the count
     */
    public long datagrams() {
        return datagrams.get();
    }

    /**
     * Writes of several datagrams that the kernel refused, and whose datagrams were sent one by one.
     *
     * @return the count
     */
    public long refused() {
        return refused.get();
    }

    /**
     * Datagrams that were not sent, alone or with others.
     *
     * @return the count
     */
    public long failed() {
        return failed.get();
    }
}
