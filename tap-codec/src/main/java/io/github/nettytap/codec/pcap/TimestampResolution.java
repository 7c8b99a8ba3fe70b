/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

/**
 * Converts the timestamps of an interface to nanoseconds since 1970, whatever their unit. Times that 64 bits of
 * nanoseconds cannot hold become the nearest one that they can.
 */
final class TimestampResolution {

    private static final int NANOSECONDS = 9;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    /** The greatest power of 10 in an unsigned long. */
    private static final int MAX_DECIMAL = 19;

    private final boolean binary;
    private final int exponent;
    private final long offsetNanos;

    /**
     * Takes what the interface says.
     *
     * @param option the octet of if_tsresol: the negative exponent, of 2 if the highest bit is set, else of 10
     * @param offsetSeconds the seconds of if_tsoffset
     */
    TimestampResolution(int option, long offsetSeconds) {
        binary = (option & 0x80) != 0;
        exponent = option & 0x7f;
        offsetNanos = multiply(offsetSeconds, NANOS_PER_SECOND);
    }

    long toNanos(long ticks) {
        long nanos = add(binary ? fromBinary(ticks) : fromDecimal(ticks), offsetNanos);
        // The least number stands for no time at all.
        return Math.max(nanos, CapturedFrame.NO_TIMESTAMP + 1);
    }

    private long fromDecimal(long ticks) {
        if (exponent <= NANOSECONDS) {
            // Unsigned in the file: a set sign means "very late".
            return ticks < 0 ? Long.MAX_VALUE : multiply(ticks, power(NANOSECONDS - exponent));
        }
        if (exponent - NANOSECONDS > MAX_DECIMAL) {
            return 0;
        }
        return Long.divideUnsigned(ticks, power(exponent - NANOSECONDS));
    }

    private long fromBinary(long ticks) {
        // The product has up to 94 bits, in two halves; ticks are unsigned, what multiplyHigh does not know.
        long high = Math.multiplyHigh(ticks, NANOS_PER_SECOND) + (ticks < 0 ? NANOS_PER_SECOND : 0);
        long low = ticks * NANOS_PER_SECOND;
        if (exponent >= Long.SIZE) {
            return high >>> exponent - Long.SIZE;
        }
        boolean fits = high >>> exponent == 0;
        long nanos = exponent == 0 ? low : low >>> exponent | high << Long.SIZE - exponent;
        return fits && nanos >= 0 ? nanos : Long.MAX_VALUE;
    }

    private static long power(int exponent) {
        long result = 1;
        for (int i = 0; i < exponent; i++) {
            result *= 10;
        }
        return result;
    }

    private static long multiply(long a, long b) {
        long high = Math.multiplyHigh(a, b);
        long low = a * b;
        if (high == 0 && low >= 0 || high == -1 && low < 0) {
            return low;
        }
        return (a ^ b) < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    private static long add(long a, long b) {
        long sum = a + b;
        if (((a ^ sum) & (b ^ sum)) < 0) {
            return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        return sum;
    }
}
