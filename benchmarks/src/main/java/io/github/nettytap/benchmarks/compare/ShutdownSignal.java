/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets the end of the process, by Ctrl-C or by {@code timeout}, wait until the main thread has cleaned up and written.
 */
public final class ShutdownSignal {

    private static final int CLEAN_UP_SECONDS = 60;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    private ShutdownSignal(Thread worker) {
        hook = new Thread(() -> {
            worker.interrupt();
            try {
                done.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** From here on, the end of the process interrupts the calling thread and waits for {@link #cleanedUp()}. */
    public static ShutdownSignal ofThisThread() {
        ShutdownSignal interruption = new ShutdownSignal(Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /** Lets the process end. */
    public void cleanedUp() {
        done.countDown();
    }
}
