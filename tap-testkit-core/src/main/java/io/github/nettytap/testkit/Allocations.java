/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import java.lang.management.ManagementFactory;

/** Measures how much a thread allocates. */
public final class Allocations {

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocations() {}

    /**
     * Runs something on this thread.
     *
     * @param action what to run; warmed up before, since class loading and interpretation allocate too
     * @return the bytes that this thread allocated meanwhile, a few of them by the measuring
     */
    public static long of(Runnable action) {
        long thread = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        action.run();
        return THREADS.getThreadAllocatedBytes(thread) - before;
    }
}
