/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;

import java.util.concurrent.atomic.AtomicInteger;

/** An allocator of which chosen allocations fail, and which knows whether everything has come back. */
final class FailingAllocator extends AbstractByteBufAllocator {

    private final UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(true, true);
    private final AtomicInteger untilFailure = new AtomicInteger(Integer.MAX_VALUE);
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger allocations = new AtomicInteger();

    private volatile long limit = Long.MAX_VALUE;

    FailingAllocator() {
        super(true);
    }

    /** Lets the n-th allocation from now on fail, 1 being the next. */
    void failAfter(int n) {
        untilFailure.set(n);
    }

    void neverFail() {
        untilFailure.set(Integer.MAX_VALUE);
        limit = Long.MAX_VALUE;
    }

    /** Lets allocations fail that would make the buffers that are out larger than this. */
    void limit(long bytes) {
        limit = bytes;
    }

    int failures() {
        return failures.get();
    }

    int allocations() {
        return allocations.get();
    }

    long outstandingBytes() {
        return buffers.metric().usedDirectMemory() + buffers.metric().usedHeapMemory();
    }

    private void count(int capacity) {
        if (outstandingBytes() + capacity > limit) {
            failures.incrementAndGet();
            throw new OutOfMemoryError("for the test");
        }
        allocations.incrementAndGet();
        if (untilFailure.get() != Integer.MAX_VALUE && untilFailure.decrementAndGet() == 0) {
            untilFailure.set(Integer.MAX_VALUE);
            failures.incrementAndGet();
            throw new OutOfMemoryError("for the test");
        }
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        count(initialCapacity);
        return buffers.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        count(initialCapacity);
        return buffers.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
        return false;
    }
}
