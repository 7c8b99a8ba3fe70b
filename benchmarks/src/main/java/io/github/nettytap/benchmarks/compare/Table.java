/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.Samples;
import io.github.nettytap.tools.statistics.TextTable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The results for people: one row a candidate, medians with spread, and the ratio to the reference below each. */
final class Table {

    private Table() {}

    static String format(List<String> candidates, Results results) {
        List<String[]> rows = new ArrayList<>();
        rows.add(heading(Metric::title));
        rows.add(heading(metric -> metric.unit() + (metric.moreIsBetter() ? " ↑" : " ↓")));
        for (String candidate : candidates) {
            if (results.has(candidate)) {
                rows.add(medians(candidate, results));
                rows.add(ratios(candidate, results));
            }
        }
        return TextTable.format(TextTable.Alignment.RIGHT, rows);
    }

    private static String[] heading(Function<Metric, String> text) {
        String[] row = new String[Metric.BETWEEN_HOSTS.size() + 1];
        row[0] = "";
        for (int i = 1; i < row.length; i++) {
            row[i] = text.apply(Metric.BETWEEN_HOSTS.get(i - 1));
        }
        return row;
    }

    private static String[] medians(String candidate, Results results) {
        String[] row = heading(metric -> {
            if (!results.has(candidate, metric)) {
                return "–";
            }
            Samples samples = results.samples(candidate, metric);
            return number(samples.median()) + String.format(Locale.ROOT, " ±%.0f%%", samples.spread() * 50);
        });
        row[0] = candidate;
        return row;
    }

    private static String[] ratios(String candidate, Results results) {
        String[] row = heading(metric -> {
            double ratio = results.ratio(candidate, metric);
            return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "×%.2f", ratio);
        });
        row[0] = "  to " + Candidates.REFERENCE;
        return row;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }
}
