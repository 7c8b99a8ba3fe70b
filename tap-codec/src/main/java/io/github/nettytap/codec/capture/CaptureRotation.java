/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import java.time.Duration;

/**
 * When a capture goes on in a new file, and which: the rules of tcpdump's {@code -C}, {@code -G} and {@code -W}.
 *
 * <ul>
 *   <li>By size ({@code -C}): before a frame is written to a file that is longer than the limit, a new one begins. The
 *       files are named {@code x}, {@code x1}, {@code x2}, and so on.
 *   <li>By size, a number of files ({@code -C -W}): {@code x0} to {@code x9} for ten of them, with as many digits as
 *       the last one needs, then {@code x0} again.
 *   <li>By time ({@code -G}): the name may hold conversions of {@code strftime}, such as {@code %Y%m%d-%H%M%S}, filled
 *       with the local time at which the file begins; without any, each file replaces the one before.
 *   <li>By time, a number of files ({@code -G -W}): the capture is finished after so many.
 *   <li>By both ({@code -C -G}): by size within each period, numbers start again with each; {@code -W} then is the
 *       number of files of one period.
 * </ul>
 *
 * <p>An immutable value. As in tcpdump, limits are looked at when a frame is to be written, so a file of an idle
 * interface stays open.
 */
public final class CaptureRotation {

    /** One file for all. */
    public static final CaptureRotation NONE = new CaptureRotation(0, 0, 0);

    private final long maxBytes;
    private final long periodNanos;
    private final int files;

    private CaptureRotation(long maxBytes, long periodNanos, int files) {
        this.maxBytes = maxBytes;
        this.periodNanos = periodNanos;
        this.files = files;
    }

    /**
     * Also rotates by size.
     *
     * @param maxBytes the length after which a file ends; tcpdump's {@code -C} counts in millions of bytes
     * @return a new value
     * @throws IllegalArgumentException if the length is not positive
     */
    public CaptureRotation bySize(long maxBytes) {
        check("rotation size", "bytes", maxBytes);
        return new CaptureRotation(maxBytes, periodNanos, files);
    }

    /**
     * Also rotates by time.
     *
     * @param period how long a file lasts
     * @return a new value
     * @throws IllegalArgumentException if the period is not positive
     */
    public CaptureRotation byTime(Duration period) {
        check("rotation period", "nanoseconds", period.toNanos());
        return new CaptureRotation(maxBytes, period.toNanos(), files);
    }

    /**
     * Limits the number of files.
     *
     * @param files how many
     * @return a new value
     * @throws IllegalArgumentException if the number is not positive
     */
    public CaptureRotation files(int files) {
        check("rotation files", "files", files);
        return new CaptureRotation(maxBytes, periodNanos, files);
    }

    private static void check(String what, String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(what + ": " + name + '=' + value + " (expected: more than 0)");
        }
    }

    /**
     * The length after which a file ends.
     *
     * @return the number of bytes, 0 if size does not matter
     */
    public long maxBytes() {
        return maxBytes;
    }

    /**
     * How long a file lasts.
     *
     * @return nanoseconds, 0 if time does not matter
     */
    public long periodNanos() {
        return periodNanos;
    }

    /**
     * The number of files.
     *
     * @return the number, 0 if it has no limit
     */
    public int files() {
        return files;
    }
}
