/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * How many entries each port has, and how many ports have any. Thread-safe; written when entries come, move and go
 * only.
 */
final class PortCounts {

    private static final int BLOCK = 256;

    /** Made when first needed: few switches have thousands of ports. */
    private final AtomicReferenceArray<AtomicIntegerArray> blocks =
            new AtomicReferenceArray<>((Fdb.MAX_PORT + 1) / BLOCK);

    private final AtomicInteger inUse = new AtomicInteger();

    int get(int port) {
        AtomicIntegerArray block = blocks.get(port / BLOCK);
        return block == null ? 0 : block.get(port % BLOCK);
    }

    void add(int port, int more) {
        AtomicIntegerArray block = blocks.get(port / BLOCK);
        if (block == null) {
            blocks.compareAndSet(port / BLOCK, null, new AtomicIntegerArray(BLOCK));
            block = blocks.get(port / BLOCK);
        }
        int before = block.getAndAdd(port % BLOCK, more);
        if (before == 0) {
            inUse.incrementAndGet();
        } else if (before + more == 0) {
            inUse.decrementAndGet();
        }
    }

    int inUse() {
        return inUse.get();
    }
}
