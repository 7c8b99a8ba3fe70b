/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * The time of day in nanoseconds, read without garbage: the monotonic clock of the JVM plus an offset, which
 * {@link #adjust()} sets right when the time of day was changed or the machine slept.
 */
final class CaptureClock {

    /** Less is the noise of reading two clocks one after the other on a busy machine. */
    private static final long TOLERANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private volatile long offset = timeOfDay() - System.nanoTime();

    long now() {
        return System.nanoTime() + offset;
    }

    void adjust() {
        long error = timeOfDay() - now();
        if (Math.abs(error) > TOLERANCE_NANOS) {
            offset += error; // only the writer thread adjusts
        }
    }

    private static long timeOfDay() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
