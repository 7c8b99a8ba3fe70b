/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.nettytap.benchmarks.results.Change.Verdict;
import org.junit.jupiter.api.Test;

class ChangeTest {

    @Test
    void noiseIsWhatTheErrorsOfBothMediansAddUpTo() {
        // A standard deviation of 1 in 4 rounds: an error of 1.2533 / 2 in 100, on both sides.
        Samples samples = new Samples(new double[] {99.134, 99.134, 100.866, 100.866});
        assertThat(samples.deviation()).isCloseTo(1, within(1e-4));
        assertThat(new Change(Metric.TCP_1, samples, samples).noise())
                .isCloseTo(1.96 * Math.sqrt(2) * 0.0062665, within(1e-6));
    }

    @Test
    void moreOfWhatShouldBeMoreIsBetter() {
        Change change = change(Metric.TCP_1, 100, 110);
        assertThat(change.growth()).isCloseTo(0.1, within(1e-9));
        assertThat(change.loss()).isCloseTo(-0.1, within(1e-9));
        assertThat(change.verdict()).isEqualTo(Verdict.BETTER);
    }

    @Test
    void moreOfWhatShouldBeLessIsWorse() {
        Change change = change(Metric.CPU_PER_GIB, 100, 110);
        assertThat(change.loss()).isCloseTo(0.1, within(1e-9));
        assertThat(change.verdict()).isEqualTo(Verdict.WORSE);
    }

    @Test
    void differenceWithinTheNoiseIsNone() {
        Change change = new Change(
                Metric.TCP_1, new Samples(new double[] {90, 100, 110}), new Samples(new double[] {85, 95, 105}));
        assertThat(change.verdict()).isEqualTo(Verdict.SAME);
    }

    @Test
    void oneRoundTellsNothing() {
        Change change = new Change(Metric.TCP_1, new Samples(new double[] {100}), new Samples(new double[] {1}));
        assertThat(change.verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(change.exceeds(0.1)).isFalse();
    }

    @Test
    void lossIsExcessiveOnlyBeyondTheAllowanceAndTheNoise() {
        assertThat(change(Metric.TCP_1, 100, 92).exceeds(0.1)).isFalse();
        assertThat(change(Metric.TCP_1, 100, 80).exceeds(0.1)).isTrue();
        assertThat(change(Metric.RTT_P50, 100, 120).exceeds(0.1)).isTrue();
        assertThat(change(Metric.RTT_P50, 100, 50).exceeds(0.1)).isFalse();
        Samples noisy = new Samples(new double[] {60, 80, 100});
        assertThat(new Change(Metric.TCP_1, new Samples(new double[] {80, 100, 120}), noisy).exceeds(0.1))
                .isFalse();
    }

    /** Three rounds, one per cent apart. */
    private static Change change(Metric metric, double before, double after) {
        return new Change(metric, rounds(before), rounds(after));
    }

    private static Samples rounds(double median) {
        return new Samples(new double[] {0.99 * median, median, 1.01 * median});
    }
}
