/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import io.github.nettytap.benchmarks.results.GrowthFile;
import io.github.nettytap.benchmarks.results.ResultFile;
import io.github.nettytap.benchmarks.results.Samples;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The Markdown page of a result of {@code benchmarks/growth}, and a chart of the cost of a frame for each series. */
final class GrowthPage {

    private static final String COST = "cost, ns a frame";
    private static final String MEMORY = "memory while idle, MB";
    private static final String PORTS = "ports";

    private final String name;
    private final GrowthFile file;
    private final StringBuilder markdown = new StringBuilder();

    /**
     * Prepares a page.
     *
     * @param name what its files are called, without an ending
     * @param file the results
     */
    GrowthPage(String name, GrowthFile file) {
        this.name = name;
        this.file = file;
    }

    /** All files by their names: the page first, then the charts. */
    Map<String, String> files() {
        Map<String, String> charts = new LinkedHashMap<>();
        file.series().forEach((series, values) -> {
            Map<String, Samples> costs = new LinkedHashMap<>();
            values.points().forEach((label, figures) -> {
                if (figures.containsKey(COST)) {
                    costs.put(label, figures.get(COST));
                }
            });
            if (!costs.isEmpty()) {
                charts.put(chartFile(series), Chart.drawInOrder("Processor time of a frame, ns: " + series, costs));
            }
        });
        Map<String, String> files = new LinkedHashMap<>();
        files.put(name + ".md", page(charts.keySet()));
        files.putAll(charts);
        return files;
    }

    private String chartFile(String series) {
        return name + "-" + series + ".svg";
    }

    private String page(Set<String> charts) {
        line("# What a frame costs as things grow, " + file.fact("date").replaceFirst("T.*", ""));
        line("");
        method();
        file.series().forEach((series, values) -> {
            line("");
            line("## " + values.title());
            line("");
            table(values);
            if (series.equals(PORTS)) {
                memoryOfAPort(values);
            }
            if (charts.contains(chartFile(series))) {
                line("");
                line("![Cost of a frame, as in the table](" + chartFile(series) + ")");
            }
        });
        if (file.facts().get("failures") instanceof List<?> failures && !failures.isEmpty()) {
            line("");
            line("## Not measured");
            line("");
            failures.forEach(failure -> line("- " + String.valueOf(failure).replace('\n', ' ')));
        }
        return markdown.toString();
    }

    private void method() {
        String machine = file.parts("machine").entrySet().stream()
                .map(entry -> entry.getKey() + " " + ResultFile.text(entry.getValue()))
                .collect(Collectors.joining(", "));
        Map<String, Object> tree = file.parts("tree");
        line("Measured by `" + file.fact("command") + "` on " + file.fact("date") + ": " + machine + ", Netty "
                + file.fact("netty") + ".");
        line("The tree: commit `" + tree.get("commit") + "`"
                + (Boolean.TRUE.equals(tree.get("dirty")) ? " with changes that are not committed" : "") + ".");
        if (file.facts().get("busyBefore") instanceof Double busy) {
            line(String.format(
                    Locale.ROOT, "Before it began, the machine was %.0f %% busy with other things.", 100 * busy));
        }
        line("");
        line(
                "Medians, with half of the range over all rounds. The cost is processor time of the program, in the kernel and");
        line(
                "outside, for a frame that it has delivered, while it is sent more than it can take. Loss, queues and loops are");
        line("measured with `benchmarks/forwarder`, the rest with the switch without offloads.");
    }

    private void table(GrowthFile.Series values) {
        Set<String> names = new LinkedHashSet<>();
        values.points().values().forEach(figures -> names.addAll(figures.keySet()));
        line("| | " + String.join(" | ", names) + " |");
        line("| --- |" + " ---: |".repeat(names.size()));
        values.points().forEach((label, figures) -> {
            List<String> cells = new ArrayList<>();
            for (String figure : names) {
                cells.add(figures.containsKey(figure) ? cell(figures.get(figure)) : "");
            }
            line("| " + label + " | " + String.join(" | ", cells) + " |");
        });
    }

    private static String cell(Samples samples) {
        return Page.number(samples.median()) + String.format(Locale.ROOT, " ±%.0f %%", samples.spread() * 50);
    }

    /** Between the fewest and the most ports, so that the program itself does not count. */
    private void memoryOfAPort(GrowthFile.Series values) {
        List<String> labels = values.points().entrySet().stream()
                .filter(point -> point.getValue().containsKey(MEMORY))
                .map(Map.Entry::getKey)
                .toList();
        if (labels.size() < 2) {
            return;
        }
        String fewest = labels.get(0);
        String most = labels.get(labels.size() - 1);
        double megabytes = values.points().get(most).get(MEMORY).median()
                - values.points().get(fewest).get(MEMORY).median();
        double ports = Double.parseDouble(most) - Double.parseDouble(fewest);
        line("");
        line(String.format(Locale.ROOT, "An idle port takes %.0f kB of resident memory.", 1e3 * megabytes / ports));
    }

    private void line(String line) {
        markdown.append(line).append('\n');
    }
}
