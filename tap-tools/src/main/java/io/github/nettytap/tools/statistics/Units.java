/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.util.Locale;

/** Numbers as people read them: three significant digits and a decimal prefix, as iperf3 and ping print them. */
public final class Units {

    private static final String PREFIXES = " kMGTPE";

    private Units() {}

    /** A number of things: {@code 999}, {@code 12.3k}, {@code 4.56M}. */
    public static String count(long number) {
        return scaled(number, "", "");
    }

    /** A number of bytes: {@code 999 B}, {@code 12.3 kB}, {@code 4.56 GB}. */
    public static String bytes(long bytes) {
        return scaled(bytes, " ", "B");
    }

    /** A rate of bytes over a time as bits a second: {@code 19.2 Gb/s}. */
    public static String bitRate(long bytes, long nanos) {
        return scaled(nanos <= 0 ? 0 : bytes * 8e9 / nanos, " ", "b/s");
    }

    /** A duration: {@code 850 ns}, {@code 12.3 µs}, {@code 4.56 ms}, {@code 7.89 s}. */
    public static String duration(long nanos) {
        if (nanos < 1_000) {
            return nanos + " ns";
        }
        if (nanos < 999_500) {
            return digits(nanos / 1e3) + " µs";
        }
        return nanos < 999_500_000 ? digits(nanos / 1e6) + " ms" : digits(nanos / 1e9) + " s";
    }

    private static String scaled(double number, String space, String unit) {
        int prefix = 0;
        double scaled = number;
        // 999.5 would be printed as 1000.
        while (scaled >= 999.5 && prefix < PREFIXES.length() - 1) {
            scaled /= 1000;
            prefix++;
        }
        String digits = prefix == 0 && number == Math.rint(number) ? Long.toString((long) number) : digits(scaled);
        return digits + space + (prefix == 0 ? "" : PREFIXES.charAt(prefix)) + unit;
    }

    private static String digits(double number) {
        String format = number < 9.995 ? "%.2f" : number < 99.95 ? "%.1f" : "%.0f";
        return String.format(Locale.ROOT, format, number);
    }
}
