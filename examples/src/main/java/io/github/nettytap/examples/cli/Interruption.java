/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a program end orderly on SIGINT and SIGTERM: it is told, cleans up on its own thread, and its exit code counts.
 *
 * <p>The JVM would else end while the main thread is still waiting, and report a signal rather than success. A second
 * Ctrl-C does nothing; who does not come to an end within ten seconds is left behind.
 */
final class Interruption {

    private static final long PATIENCE_SECONDS = 10;

    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile int exitCode = 1;

    private Interruption() {}

    /** From now on signals are seen. Once in the life of a process. */
    static Interruption install() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(new Thread(interruption::onShutdown, "interruption"));
        return interruption;
    }

    private void onShutdown() {
        interrupted.countDown();
        try {
            if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(exitCode);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a signal. */
    void await() throws InterruptedException {
        interrupted.await();
    }

    /** Waits for a signal, but not longer; true if it came. */
    boolean await(long millis) throws InterruptedException {
        return interrupted.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Everything is cleaned up and printed: a process that was told to end now ends. Returns the exit code. */
    int finish(int code) {
        exitCode = code;
        System.out.flush();
        System.err.flush();
        finished.countDown();
        return code;
    }
}
