/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.ResultFile;
import io.github.nettytap.benchmarks.results.ResultFile.Candidate;
import io.github.nettytap.benchmarks.results.Samples;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The Markdown page of one result file, and its charts. */
final class Page {

    private static final String REFERENCE = "c-epoll";

    private final String name;
    private final ResultFile file;
    private final StringBuilder markdown = new StringBuilder();

    /**
     * Prepares a page.
     *
     * @param name what its files are called, without an ending
     * @param file the results
     */
    Page(String name, ResultFile file) {
        this.name = name;
        this.file = file;
    }

    /** All files by their names: the page first, then the charts. */
    Map<String, String> files() {
        Map<Metric, String> charts = charts();
        Map<String, String> files = new LinkedHashMap<>();
        files.put(name + ".md", markdown(charts));
        charts.forEach((metric, svg) -> files.put(chartFile(metric), svg));
        return files;
    }

    /** The tails of latency are in the table only: a few bad moments would set the scale. */
    private Map<Metric, String> charts() {
        Map<Metric, String> charts = new EnumMap<>(Metric.class);
        for (Metric metric : Metric.values()) {
            Map<String, Samples> samples = new LinkedHashMap<>();
            file.candidates().forEach((candidate, figures) -> {
                if (figures.samples().containsKey(metric)) {
                    samples.put(candidate, figures.samples().get(metric));
                }
            });
            if (!samples.isEmpty() && metric != Metric.RTT_P99 && metric != Metric.RTT_P999) {
                charts.put(metric, Chart.draw(metric, samples));
            }
        }
        return charts;
    }

    private String chartFile(Metric metric) {
        return name + "-" + metric.name().toLowerCase(Locale.ROOT).replace('_', '-') + ".svg";
    }

    private String markdown(Map<Metric, String> charts) {
        line("# Forwarding between two hosts, " + file.fact("date").replaceFirst("T.*", ""));
        line("");
        method();
        line("");
        line("Medians, with half of the range over all rounds. ↑ more is better, ↓ less is better. CPU is that of the");
        line("forwarder alone; what the kernel forwards by itself is nobody's process.");
        line("");
        table(Page::median);
        if (file.candidates().containsKey(REFERENCE)) {
            line("");
            line("The same medians as multiples of those of `" + REFERENCE + "`:");
            line("");
            table(this::ratio);
        }
        charts.keySet().forEach(metric -> {
            line("");
            line("## " + title(metric));
            line("");
            line("![" + title(metric) + " of each candidate, as in the table](" + chartFile(metric) + ")");
        });
        commands();
        failures();
        return markdown.toString();
    }

    private void method() {
        String machine = file.parts("machine").entrySet().stream()
                .map(entry -> entry.getKey() + " " + ResultFile.text(entry.getValue()))
                .collect(Collectors.joining(", "));
        line("Measured by `benchmarks/compare` on " + file.fact("date") + ": " + machine + ".");
        versions();
        line("MTU " + file.fact("mtu") + ", " + file.fact("rounds") + " interleaved rounds over all candidates, "
                + file.fact("seconds") + " s a measurement after " + file.fact("warmUpSeconds")
                + " s of warm-up with TCP and UDP each" + warmUpOfOthers() + ".");
        if (file.facts().get("busyBefore") instanceof Double busy) {
            line(String.format(
                    Locale.ROOT, "Before it began, the machine was %.0f %% busy with other things.", 100 * busy));
        }
    }

    private void versions() {
        Map<String, Object> tree = file.parts("tree");
        if (tree.containsKey("commit")) {
            line("The tree: commit `" + tree.get("commit") + "`"
                    + (Boolean.TRUE.equals(tree.get("dirty")) ? " with changes that are not committed" : "")
                    + ", Netty "
                    + file.fact("netty") + "; measured with " + file.fact("meters") + ".");
        }
        if (file.facts().containsKey("command")) {
            line("The command: `" + file.fact("command") + "`.");
        }
    }

    private String warmUpOfOthers() {
        return file.facts().containsKey("warmUpSecondsOfOthers")
                ? " for netty-tap, " + file.fact("warmUpSecondsOfOthers") + " s for the others"
                : "";
    }

    private interface Cell {
        String of(Candidate candidate, Metric metric);
    }

    private void table(Cell cell) {
        row("candidate", metric -> metric.title() + "<br>" + metric.unit() + (metric.moreIsBetter() ? " ↑" : " ↓"));
        row("---", metric -> "---:");
        file.candidates()
                .forEach((candidate, figures) -> row(
                        candidate, metric -> figures.samples().containsKey(metric) ? cell.of(figures, metric) : "–"));
    }

    private void row(String first, Function<Metric, String> cell) {
        List<String> cells = new ArrayList<>(List.of(first));
        for (Metric metric : Metric.BETWEEN_HOSTS) {
            cells.add(cell.apply(metric));
        }
        line("| " + String.join(" | ", cells) + " |");
    }

    private static String median(Candidate candidate, Metric metric) {
        Samples samples = candidate.samples().get(metric);
        return number(samples.median()) + String.format(Locale.ROOT, " ±%.0f %%", samples.spread() * 50);
    }

    private String ratio(Candidate candidate, Metric metric) {
        Samples reference = file.candidates().get(REFERENCE).samples().get(metric);
        return reference == null || reference.median() == 0
                ? "–"
                : String.format(
                        Locale.ROOT, "%.2f", candidate.samples().get(metric).median() / reference.median());
    }

    private void commands() {
        line("");
        line("## Commands");
        line("");
        line("| candidate | started as | from |");
        line("| --- | --- | --- |");
        file.candidates()
                .forEach((candidate, figures) ->
                        line("| " + candidate + " | `" + figures.command() + "` | " + figures.packages() + " |"));
    }

    private void failures() {
        Map<String, Object> leftOut = file.parts("leftOut");
        if (!leftOut.isEmpty()) {
            line("");
            line("## Not measured");
            line("");
            leftOut.forEach((candidate, reason) -> line("- " + candidate + ": " + reason));
        }
        Map<String, Object> failures = file.parts("failures");
        if (!failures.isEmpty()) {
            line("");
            line("## Rounds that failed");
            line("");
            failures.forEach((candidate, reasons) -> ((List<?>) reasons)
                    .forEach(reason -> line(
                            "- " + candidate + ": " + String.valueOf(reason).replace('\n', ' '))));
        }
    }

    static String title(Metric metric) {
        return switch (metric) {
            case TCP_1 -> "TCP, one stream";
            case TCP_4 -> "TCP, four streams";
            case TCP_REVERSE -> "TCP, one stream, reversed";
            case UDP_64 -> "UDP, frames of 60 bytes delivered";
            case RTT_P50 -> "UDP request and response, median time";
            case RTT_P99 -> "UDP request and response, 99th percentile";
            case RTT_P999 -> "UDP request and response, 99.9th percentile";
            case CPU_PER_GIB -> "CPU time of the forwarder for 1 GiB of TCP";
            case CPU_PER_MILLION -> "CPU time of the forwarder for a million small frames";
            case MEMORY -> "Resident memory of the forwarder";
            case FORWARDING -> "One frame through a switch in memory";
        };
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private void line(String line) {
        markdown.append(line).append('\n');
    }
}
