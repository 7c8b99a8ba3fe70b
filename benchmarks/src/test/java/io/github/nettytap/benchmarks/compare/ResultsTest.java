/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.benchmarks.results.Metric;
import org.junit.jupiter.api.Test;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

class ResultsTest {

    @Test
    void ratioIsTakenAgainstTheReference() {
        Results results = new Results();
        results.add("c-epoll", all(2));
        results.add("other", all(3));
        assertThat(results.ratio("other", Metric.TCP_1)).isEqualTo(1.5);
    }

    @Test
    void ratioWithoutReferenceIsNotANumber() {
        Results results = new Results();
        results.add("other", all(3));
        assertThat(results.ratio("other", Metric.TCP_1)).isNaN();
    }

    @Test
    void tableShowsMedianSpreadAndRatio() {
        Results results = new Results();
        results.add("c-epoll", all(2));
        results.add("other", all(9));
        results.add("other", all(10));
        results.add("other", all(11));
        List<String> lines = Table.format(List.of("c-epoll", "other", "absent"), results)
                .lines()
                .toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).startsWith("                  TCP 1      TCP 4");
        assertThat(lines.get(1)).startsWith("                 Gb/s ↑");
        assertThat(lines.get(4)).startsWith("other         10.0 ±10%");
        assertThat(lines.get(5)).startsWith("  to c-epoll      ×5.00");
    }

    @Test
    void numberIsTakenFromTheProgramsJson() {
        assertThat(Meter.number("{\"x\":1, \"bytes\":\t1.5e3}", "bytes")).isEqualTo(1500);
        assertThatThrownBy(() -> Meter.number("{}", "bytes"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such number: name=bytes, text={}");
    }

    private static Map<Metric, Double> all(double value) {
        Map<Metric, Double> round = new EnumMap<>(Metric.class);
        for (Metric metric : Metric.values()) {
            round.put(metric, value);
        }
        return round;
    }
}
