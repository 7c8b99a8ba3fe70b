/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import io.github.nettytap.benchmarks.results.Json;
import io.github.nettytap.benchmarks.results.Metric;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The text of a result file as {@code benchmarks/compare} writes it, with made-up values. */
final class CannedResults {

    private final Map<String, Object> facts = new LinkedHashMap<>();
    private final Map<String, Object> candidates = new LinkedHashMap<>();

    CannedResults() {
        facts.put("date", "2026-01-02T03:04:05Z");
        facts.put("machine", new LinkedHashMap<>(Map.of("processors", 2)));
        facts.put("busyBefore", 0.02);
        facts.put("rounds", 3);
        facts.put("seconds", 4);
        facts.put("warmUpSeconds", 3);
        facts.put("mtu", 1500);
        facts.put("candidates", candidates);
        facts.put("failures", new LinkedHashMap<>());
    }

    CannedResults with(String fact, Object value) {
        facts.put(fact, value);
        return this;
    }

    /** The values of three rounds, one per cent apart, of one metric. */
    CannedResults with(String candidate, Metric metric, double median) {
        Double[] values = {0.99 * median, median, 1.01 * median};
        return with(candidate, metric, values);
    }

    CannedResults with(String candidate, Metric metric, Double... values) {
        @SuppressWarnings("unchecked")
        Map<String, Object> figures = (Map<String, Object>)
                candidates.computeIfAbsent(candidate, name -> new LinkedHashMap<>(Map.of("command", "start " + name)));
        figures.put(metric.title(), Map.of("unit", metric.unit(), "values", Arrays.asList(values)));
        return this;
    }

    CannedResults failed(String candidate, String reason) {
        return with("failures", Map.of(candidate, List.of(reason)));
    }

    String json() {
        return Json.write(facts);
    }
}
