/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A file that {@code benchmarks/compare --json} has written.
 *
 * @param facts when, on what and how it was measured, as in the file
 * @param candidates the candidates by name, in the order of the file
 */
public record ResultFile(Map<String, Object> facts, Map<String, Candidate> candidates) {

    /**
     * What was measured of one candidate.
     *
     * @param command how it was started
     * @param packages the packages it is of, with their versions; empty if of none
     * @param samples the values of all rounds, for each metric that it has
     */
    public record Candidate(String command, String packages, Map<Metric, Samples> samples) {}

    /** Reads a file. */
    public static ResultFile read(Path file) throws IOException {
        try {
            return parse(Files.readString(file));
        } catch (IllegalArgumentException | ClassCastException | NullPointerException e) {
            throw new IOException("not a result of benchmarks/compare: file=" + file + ": " + e.getMessage(), e);
        }
    }

    /** Takes the text of a file apart. */
    public static ResultFile parse(String json) {
        Map<String, Object> all = new LinkedHashMap<>(Json.read(json));
        Map<String, Candidate> candidates = new LinkedHashMap<>();
        Object measured = Objects.requireNonNull(all.remove("candidates"), "no candidates");
        object(measured).forEach((name, figures) -> candidates.put(name, candidate(object(figures))));
        return new ResultFile(all, candidates);
    }

    private static Candidate candidate(Map<String, Object> figures) {
        Map<Metric, Samples> samples = new EnumMap<>(Metric.class);
        for (Metric metric : Metric.values()) {
            if (figures.containsKey(metric.title())) {
                List<?> values = (List<?>) object(figures.get(metric.title())).get("values");
                // A figure that could not be formed, such as CPU time over no frames at all, is null.
                double[] formed = values.stream()
                        .filter(Objects::nonNull)
                        .mapToDouble(Double.class::cast)
                        .toArray();
                if (formed.length > 0) {
                    samples.put(metric, new Samples(formed));
                }
            }
        }
        return new Candidate(
                String.valueOf(figures.get("command")), String.valueOf(figures.getOrDefault("packages", "")), samples);
    }

    /** A fact that has parts, such as the machine; empty if the file does not tell. */
    public Map<String, Object> parts(String fact) {
        return facts.containsKey(fact) ? object(facts.get(fact)) : Map.of();
    }

    /** A fact as text; whole numbers without a point. */
    public String fact(String name) {
        return text(facts.get(name));
    }

    /** A value of the file as text. */
    public static String text(Object value) {
        if (value instanceof Double number && number == Math.rint(number)) {
            return Long.toString(number.longValue());
        }
        return value == null ? "unknown" : value.toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }
}
