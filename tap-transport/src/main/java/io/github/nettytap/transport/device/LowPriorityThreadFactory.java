/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.util.Objects;
import java.util.concurrent.ThreadFactory;

/**
 * Makes daemon threads that give way to others: they have what is left of the processors, and next to nothing of those
 * that have other work (setpriority(2), nice 19). For the writer of a capture, say, beside event loops.
 *
 * <p>{@code Thread.setPriority} does nothing of the kind on Linux unless the JVM is told to heed it. Where the system
 * refuses, a warning is logged and the thread runs like any other.
 */
public final class LowPriorityThreadFactory implements ThreadFactory {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(LowPriorityThreadFactory.class);

    /** The weight of such a thread is 15, that of a usual one 1,024 (sched(7), sched_prio_to_weight in the kernel). */
    private static final int NICE = 19;

    private final String name;

    /**
     * Makes threads of one name.
     *
     * @param name the name of each thread
     */
    public LowPriorityThreadFactory(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    @Override
    public Thread newThread(Runnable task) {
        Thread thread = new Thread(
                () -> {
                    lowerPriority();
                    task.run();
                },
                name);
        thread.setDaemon(true);
        return thread;
    }

    private void lowerPriority() {
        try {
            int result = TapAvailability.libc().setpriority(NICE);
            if (result < 0) {
                LOGGER.warn("thread {} keeps its priority: {}", name, Errno.nameOf(-result));
            }
        } catch (TapException e) {
            LOGGER.warn("thread {} keeps its priority: {}", name, e.getMessage());
        }
    }
}
