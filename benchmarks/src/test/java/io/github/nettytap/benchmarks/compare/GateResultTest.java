/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.benchmarks.results.Metric;
import org.junit.jupiter.api.Test;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

class GateResultTest {

    private static final List<String> OURS = List.of("netty-tap-epoll");

    private final Results before = new Results();
    private final Results after = new Results();

    @Test
    void sameFiguresPass() {
        rounds(before, 100, 100);
        rounds(after, 100, 100);
        GateResult judgement = judge();
        assertThat(judgement.passed()).isTrue();
        assertThat(judgement.text())
                .endsWith("passed: 0 of 9 figures worse by more than 10 % beyond the noise, 0 rounds failed\n");
    }

    @Test
    void lossOfAFifthFails() {
        rounds(before, 100, 100);
        rounds(after, 80, 100);
        GateResult judgement = judge();
        assertThat(judgement.passed()).isFalse();
        assertThat(judgement.text())
                .startsWith("FAILED netty-tap-epoll      TCP 1 ")
                .endsWith("FAILED: 4 of 9 figures worse by more than 10 % beyond the noise, 0 rounds failed\n");
    }

    @Test
    void higherCostFails() {
        rounds(before, 100, 100);
        rounds(after, 100, 120);
        assertThat(judge().passed()).isFalse();
    }

    @Test
    void smallLossPasses() {
        rounds(before, 100, 100);
        rounds(after, 93, 107);
        assertThat(judge().passed()).isTrue();
    }

    @Test
    void winPasses() {
        rounds(before, 100, 100);
        rounds(after, 200, 50);
        assertThat(judge().passed()).isTrue();
    }

    @Test
    void tailsOfLatencyAreNotJudged() {
        rounds(before, 100, 100);
        for (int round = 0; round < 3; round++) {
            Map<Metric, Double> values = all(100, 100);
            values.put(Metric.RTT_P99, 1000.0);
            values.put(Metric.RTT_P999, 1000.0);
            after.add(OURS.get(0), values);
        }
        assertThat(judge().passed()).isTrue();
    }

    @Test
    void failedRoundFails() {
        rounds(before, 100, 100);
        rounds(after, 100, 100);
        after.addFailure(OURS.get(0), "did not start");
        GateResult judgement = judge();
        assertThat(judgement.passed()).isFalse();
        assertThat(judgement.text()).contains("not measured: after, netty-tap-epoll: did not start\n");
    }

    @Test
    void nothingMeasuredFails() {
        assertThat(judge().passed()).isFalse();
    }

    private GateResult judge() {
        return GateResult.of(OURS, before, after);
    }

    /** Three rounds, one per cent apart: of what should be more, and of what should be less. */
    private static void rounds(Results results, double more, double less) {
        for (double factor : new double[] {0.99, 1, 1.01}) {
            results.add(OURS.get(0), all(factor * more, factor * less));
        }
    }

    private static Map<Metric, Double> all(double more, double less) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        for (Metric metric : Metric.values()) {
            values.put(metric, metric.moreIsBetter() ? more : less);
        }
        return values;
    }
}
