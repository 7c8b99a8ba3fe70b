/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Change;
import io.github.nettytap.benchmarks.results.Metric;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Whether a tree may pass the gate, and why.
 *
 * @param passed whether no figure is worse by more than is allowed, and every round was measured
 * @param text a line for each figure, and the outcome
 */
record GateResult(boolean passed, String text) {

    /** What may be lost beyond the noise. */
    static final double ALLOWED_LOSS = 0.1;

    /** One late interrupt in a thousand makes the tails: they differ by more than this between runs of one program. */
    private static final Set<Metric> JUDGED = EnumSet.complementOf(EnumSet.of(Metric.RTT_P99, Metric.RTT_P999));

    /** Judges what was measured of these candidates. */
    static GateResult of(List<String> candidates, Results before, Results after) {
        StringBuilder text = new StringBuilder();
        int worse = 0;
        int judged = 0;
        for (String candidate : candidates) {
            for (Metric metric : JUDGED) {
                if (before.has(candidate, metric) && after.has(candidate, metric)) {
                    Change change =
                            new Change(metric, before.samples(candidate, metric), after.samples(candidate, metric));
                    judged++;
                    boolean fails = change.exceeds(ALLOWED_LOSS);
                    worse += fails ? 1 : 0;
                    text.append(line(candidate, change, fails)).append('\n');
                }
            }
        }
        int broken = failures(text, "before", before) + failures(text, "after", after);
        boolean passed = worse == 0 && broken == 0 && judged > 0;
        text.append(String.format(
                Locale.ROOT,
                "%s: %d of %d figures worse by more than %.0f %% beyond the noise, %d rounds failed%n",
                passed ? "passed" : "FAILED",
                worse,
                judged,
                100 * ALLOWED_LOSS,
                broken));
        return new GateResult(passed, text.toString());
    }

    private static String line(String candidate, Change change, boolean fails) {
        return String.format(
                Locale.ROOT,
                "%-6s %-20s %-10s %10.4g → %10.4g %-4s  %+6.1f %%  noise ±%.1f %%",
                fails ? "FAILED" : "ok",
                candidate,
                change.metric().title(),
                change.before().median(),
                change.after().median(),
                change.metric().unit(),
                100 * change.growth(),
                100 * change.noise());
    }

    private static int failures(StringBuilder text, String side, Results results) {
        int count = 0;
        for (Map.Entry<String, List<String>> failed : results.failures().entrySet()) {
            for (String reason : failed.getValue()) {
                text.append("not measured: ")
                        .append(side)
                        .append(", ")
                        .append(failed.getKey())
                        .append(": ")
                        .append(reason)
                        .append('\n');
                count++;
            }
        }
        return count;
    }
}
