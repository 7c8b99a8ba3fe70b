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

    private static final CountDownLatch INTERRUPTED = new CountDownLatch(1);
    private static final CountDownLatch FINISHED = new CountDownLatch(1);
    private static volatile int exitCode;

    private Interruption() {}

    /** From now on signals end the program by way of {@link #await()}. Once in the life of a process. */
    static void install() {
        Runtime.getRuntime().addShutdownHook(new Thread(Interruption::onShutdown, "interruption"));
    }

    private static void onShutdown() {
        INTERRUPTED.countDown();
        try {
            if (FINISHED.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(exitCode);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a signal. */
    static void await() throws InterruptedException {
        INTERRUPTED.await();
    }

    /** Everything is cleaned up and printed: a process that was told to end now ends, with this exit code. */
    static void finish(int code) {
        exitCode = code;
        System.out.flush();
        System.err.flush();
        FINISHED.countDown();
    }
}
