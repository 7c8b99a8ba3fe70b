/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import java.util.Arrays;

/**
 * The values of one measurement over all rounds.
 *
 * @param values in the order of the rounds
 */
public record Samples(double[] values) {

    /** The middle value, or the mean of the two in the middle. */
    public double median() {
        double[] sorted = sorted();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    public double min() {
        return sorted()[0];
    }

    public double max() {
        return sorted()[values.length - 1];
    }

    /** From the least to the greatest value, as a part of the median: 0.1 is ten per cent. */
    public double spread() {
        double median = median();
        return median == 0 ? 0 : (max() - min()) / median;
    }

    /** The standard deviation of what the values are a sample of; 0 for a single value. */
    public double deviation() {
        double mean = Arrays.stream(values).average().orElse(0);
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
    }

    private double[] sorted() {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
