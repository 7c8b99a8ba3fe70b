/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.ResultFile;
import org.junit.jupiter.api.Test;

class DiffTest {

    @Test
    void onlyWhatChangedBeyondTheNoiseIsShown() {
        CannedResults before = new CannedResults()
                .with("netty-tap-epoll", Metric.TCP_1, 1)
                .with("netty-tap-epoll", Metric.UDP_64, 400)
                .with("netty-tap-epoll", Metric.RTT_P50, 50);
        CannedResults after = new CannedResults()
                .with("netty-tap-epoll", Metric.TCP_1, 1.005)
                .with("netty-tap-epoll", Metric.UDP_64, 300)
                .with("netty-tap-epoll", Metric.RTT_P50, 40);
        assertThat(diff(before, after, false)).isEqualTo("""
                        WORSE    netty-tap-epoll      UDP 64          400 →      300 kpps   -25.0 %  noise ±2.0 %
                        better   netty-tap-epoll      RTT p50        50.0 →     40.0 µs     -20.0 %  noise ±2.0 %
                        3 figures compared, 2 shown
                        """);
    }

    @Test
    void everythingIsShownOnRequest() {
        CannedResults results = new CannedResults().with("veth", Metric.TCP_1, 30);
        assertThat(diff(results, results, true)).startsWith("same     veth ").endsWith("1 figures compared, 1 shown\n");
    }

    @Test
    void oneRoundIsMarkedAsUnknown() {
        CannedResults before = new CannedResults().with("veth", Metric.TCP_1, new Double[] {30.0});
        assertThat(diff(before, before, false))
                .startsWith("?        veth ")
                .contains("noise unknown (expected: 2 rounds or more)");
    }

    @Test
    void otherConditionsAreWarnedOf() {
        CannedResults before = new CannedResults();
        CannedResults after = new CannedResults().with("mtu", 9000);
        assertThat(diff(before, after, false))
                .startsWith("warning: measured under different conditions: mtu: 1500 against 9000\n");
    }

    @Test
    void candidatesOfOneFileAloneAreNamed() {
        CannedResults before = new CannedResults().with("vde", Metric.TCP_1, 1);
        CannedResults after = new CannedResults().with("ovs", Metric.TCP_1, 1);
        assertThat(diff(before, after, false))
                .isEqualTo("0 figures compared, 0 shown; only before: vde; only after: ovs\n");
    }

    private static String diff(CannedResults before, CannedResults after, boolean all) {
        return Diff.compare(ResultFile.parse(before.json()), ResultFile.parse(after.json()), all);
    }
}
