/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.InterfaceStatistics;

import java.util.concurrent.atomic.LongAdder;

/** The counts of one interface of a running capture. */
final class CaptureCounters {

    private final int id;
    private final CaptureInterface captureInterface;
    private final LongAdder dropped = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private volatile boolean isFiltered;
    private final Counter captured = new Counter();

    CaptureCounters(int id, CaptureInterface captureInterface) {
        this.id = id;
        this.captureInterface = captureInterface;
    }

    int id() {
        return id;
    }

    CaptureInterface captureInterface() {
        return captureInterface;
    }

    /** Any thread. */
    void countDrop() {
        dropped.increment();
    }

    /** Any thread: a filter decides about the frames of the interface. */
    void filtered() {
        isFiltered = true;
    }

    /** Any thread: the filter refused a frame. */
    void countRefused() {
        refused.increment();
    }

    /** Only the writer thread. */
    void countCapture() {
        captured.increment();
    }

    long dropped() {
        return dropped.sum();
    }

    long refused() {
        return refused.sum();
    }

    long captured() {
        return captured.get();
    }

    InterfaceStatistics statistics() {
        long drops = dropped();
        long writes = captured();
        return new InterfaceStatistics(
                writes + drops + refused(),
                drops,
                isFiltered ? writes + drops : InterfaceStatistics.NOT_KNOWN,
                InterfaceStatistics.NOT_KNOWN,
                writes);
    }
}
