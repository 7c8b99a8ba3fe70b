/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file that {@code benchmarks/growth --json} has written.
 *
 * @param facts when, on what and how it was measured, as in the file
 * @param series what grew, by name, in the order of the file
 */
public record GrowthFile(Map<String, Object> facts, Map<String, Series> series) {

    private static final String MEMBER = "growth";

    /**
     * What grew.
     *
     * @param title for people
     * @param points the figures of each value, by the value and their names
     */
    public record Series(String title, Map<String, Map<String, Samples>> points) {}

    /** Whether a file is of this kind, rather than a result of the comparison. */
    public static boolean isOne(Path file) throws IOException {
        return Files.readString(file).contains("\"" + MEMBER + "\": {");
    }

    /** Reads a file. */
    public static GrowthFile read(Path file) throws IOException {
        try {
            return parse(Files.readString(file));
        } catch (IllegalArgumentException | ClassCastException | NullPointerException e) {
            throw new IOException("not a result of benchmarks/growth: file=" + file + ": " + e.getMessage(), e);
        }
    }

    /** Takes the text of a file apart. */
    public static GrowthFile parse(String json) {
        Map<String, Object> all = new LinkedHashMap<>(Json.read(json));
        Map<String, Series> series = new LinkedHashMap<>();
        object(all.remove(MEMBER)).forEach((name, one) -> {
            Map<String, Map<String, Samples>> points = new LinkedHashMap<>();
            object(object(one).get("points")).forEach((label, figures) -> points.put(label, figures(object(figures))));
            series.put(name, new Series((String) object(one).get("title"), points));
        });
        return new GrowthFile(all, series);
    }

    private static Map<String, Samples> figures(Map<String, Object> figures) {
        Map<String, Samples> result = new LinkedHashMap<>();
        figures.forEach((figure, values) -> result.put(
                figure,
                new Samples(((List<?>) values)
                        .stream().mapToDouble(Double.class::cast).toArray())));
        return result;
    }

    /** A fact as text. */
    public String fact(String name) {
        return ResultFile.text(facts.get(name));
    }

    /** A fact that has parts; empty if the file does not tell. */
    public Map<String, Object> parts(String fact) {
        return facts.containsKey(fact) ? object(facts.get(fact)) : Map.of();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }
}
