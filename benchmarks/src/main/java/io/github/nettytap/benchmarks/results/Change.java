/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

/**
 * How a metric differs between two sets of rounds, and whether that is more than chance.
 *
 * @param metric what was measured
 * @param before the values that are the measure
 * @param after the values that are judged
 */
public record Change(Metric metric, Samples before, Samples after) {

    /** Standard errors on either side of a value that hold 95 of 100 results of the same program. */
    private static final double STANDARD_ERRORS = 1.96;

    /** The standard error of a median in those of a mean, for values that are normally distributed: sqrt(pi / 2). */
    private static final double OF_A_MEDIAN = 1.2533;

    /** What a change means. */
    public enum Verdict {
        /** Better by more than the noise. */
        BETTER,
        /** Worse by more than the noise. */
        WORSE,
        /** Chance explains it. */
        SAME,
        /** One round says nothing about noise. */
        UNKNOWN
    }

    /** The part by which the median has grown: 0.1 is ten per cent more, which may be better or worse. */
    public double growth() {
        double from = before.median();
        return from == 0 ? 0 : after.median() / from - 1;
    }

    /** The part of the median that has been lost; negative where something was won. */
    public double loss() {
        return metric.moreIsBetter() ? -growth() : growth();
    }

    /** The growth that chance brings about, on either side; infinite where there are too few rounds to know. */
    public double noise() {
        return STANDARD_ERRORS * Math.hypot(error(before), error(after));
    }

    /** The standard error of the median as a part of it. */
    private static double error(Samples samples) {
        int rounds = samples.values().length;
        double median = samples.median();
        if (rounds < 2) {
            return Double.POSITIVE_INFINITY;
        }
        return median == 0 ? 0 : OF_A_MEDIAN * samples.deviation() / Math.sqrt(rounds) / Math.abs(median);
    }

    /** What it means. */
    public Verdict verdict() {
        if (Double.isInfinite(noise())) {
            return Verdict.UNKNOWN;
        }
        if (Math.abs(growth()) <= noise()) {
            return Verdict.SAME;
        }
        return loss() > 0 ? Verdict.WORSE : Verdict.BETTER;
    }

    /** Whether the loss is greater than what is allowed and the noise together. */
    public boolean exceeds(double allowedLoss) {
        return loss() > allowedLoss + noise();
    }
}
