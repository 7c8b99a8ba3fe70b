/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.Samples;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All values of all candidates, filled round by round. */
final class Results {

    private final Map<String, Map<Metric, List<Double>>> values = new LinkedHashMap<>();
    private final Map<String, List<String>> failures = new LinkedHashMap<>();

    /** Adds a round, which may lack what could not be measured. */
    void add(String candidate, Map<Metric, Double> round) {
        if (round.isEmpty()) {
            return;
        }
        Map<Metric, List<Double>> mine = values.computeIfAbsent(candidate, name -> new EnumMap<>(Metric.class));
        round.forEach((metric, value) ->
                mine.computeIfAbsent(metric, m -> new ArrayList<>()).add(value));
    }

    /** A round that broke; it is reported, not hidden in a median of fewer rounds. */
    void addFailure(String candidate, String reason) {
        failures.computeIfAbsent(candidate, name -> new ArrayList<>()).add(reason);
    }

    Map<String, List<String>> failures() {
        return failures;
    }

    List<String> failures(String candidate) {
        return failures.getOrDefault(candidate, List.of());
    }

    boolean has(String candidate) {
        return values.containsKey(candidate);
    }

    boolean has(String candidate, Metric metric) {
        return has(candidate) && values.get(candidate).containsKey(metric);
    }

    Samples samples(String candidate, Metric metric) {
        return new Samples(values.get(candidate).get(metric).stream()
                .mapToDouble(Double::doubleValue)
                .toArray());
    }

    /**
     * How a candidate stands to the reference.
     *
     * @return the ratio of the medians; not a number where one of them is missing or the reference is 0
     */
    double ratio(String candidate, Metric metric) {
        if (!has(Candidates.REFERENCE, metric) || !has(candidate, metric)) {
            return Double.NaN;
        }
        double reference = samples(Candidates.REFERENCE, metric).median();
        return reference == 0 ? Double.NaN : samples(candidate, metric).median() / reference;
    }
}
