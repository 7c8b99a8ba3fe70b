/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.CounterSet;

/**
 * What one or more {@link UdpGsoHandler}s of one event loop have counted. That loop writes, any thread reads.
 */
public final class UdpGsoCounters extends CounterSet {

    private final Counter segmentedWrites = counter("segmentedWrites");
    private final Counter datagrams = counter("datagrams");
    private final Counter refused = counter("refused");
    private final Counter failed = counter("failed");

    /** Starts at zero. */
    public UdpGsoCounters() {}

    void countSegmentedWrite(int count) {
        segmentedWrites.increment();
        datagrams.add(count);
    }

    void countRefused() {
        refused.increment();
    }

    void countFailed(int count) {
        failed.add(count);
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
