/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.util.Arrays;

/**
 * The values of one measurement over all rounds.
 *
 * @param values in the order of the rounds
 */
record Samples(double[] values) {

    /** The middle value, or the mean of the two in the middle. */
    double median() {
        double[] sorted = sorted();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    double min() {
        return sorted()[0];
    }

    double max() {
        return sorted()[values.length - 1];
    }

    /** From the least to the greatest value, as a part of the median: 0.1 is ten per cent. */
    double spread() {
        double median = median();
        return median == 0 ? 0 : (max() - min()) / median;
    }

    private double[] sorted() {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
