/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.Samples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A bar chart of one metric as SVG 1.1: one bar a candidate, the best on top, with its range over the rounds.
 *
 * <p>The background is transparent and all tones are in the middle, since the image is shown on white as well as on
 * black pages and cannot know on which. Candidates that pass GSO frames have a panel with a scale of their own for
 * metrics of TCP, which they multiply.
 */
final class Chart {

    private static final String TEXT = "#7d8590";
    private static final int WIDTH = 760;
    private static final int NAMES = 170;
    private static final int VALUES = 100;
    private static final int ROW = 24;
    private static final int BAR = 14;

    private final String title;
    private final boolean moreIsBetter;
    private final boolean isOfTcp;
    private final boolean isRanked;
    private final StringBuilder svg = new StringBuilder();
    private int y;

    private Chart(String title, boolean moreIsBetter, boolean isOfTcp, boolean isRanked) {
        this.title = title;
        this.moreIsBetter = moreIsBetter;
        this.isOfTcp = isOfTcp;
        this.isRanked = isRanked;
    }

    /** Draws the candidates, at least one. */
    static String draw(Metric metric, Map<String, Samples> candidates) {
        String title = Page.title(metric) + ", " + metric.unit();
        return new Chart(title, metric.moreIsBetter(), isOfTcp(metric), true).drawAll(candidates);
    }

    /** Draws what one program of ours does at some points, at least one, in their own order; less is better. */
    static String drawInOrder(String title, Map<String, Samples> points) {
        return new Chart(title, false, false, false).drawAll(points);
    }

    private String drawAll(Map<String, Samples> candidates) {
        title();
        if (isRanked) {
            legend(candidates);
        } else {
            y += 10;
        }
        if (isOfTcp) {
            panel("frames of the MTU's size", select(candidates, false));
            panel("TCP GSO frames of up to 64 KiB passed on whole", select(candidates, true));
        } else {
            panel("", candidates);
        }
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$d\" width=\"%1$d\" height=\"%2$d\""
                                + " font-family=\"-apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\""
                                + " fill=\"%3$s\">%n",
                        WIDTH,
                        y + 6,
                        TEXT)
                + svg + "</svg>\n";
    }

    private static boolean isOfTcp(Metric metric) {
        return metric == Metric.TCP_1
                || metric == Metric.TCP_4
                || metric == Metric.TCP_REVERSE
                || metric == Metric.CPU_PER_GIB;
    }

    private static Map<String, Samples> select(Map<String, Samples> candidates, boolean gsoFrames) {
        return candidates.entrySet().stream()
                .filter(entry -> Family.passesGsoFrames(entry.getKey()) == gsoFrames)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private void title() {
        y = 20;
        text(0, y, "start", "font-size=\"16\" font-weight=\"600\"", title);
        text(WIDTH, y, "end", "", moreIsBetter ? "longer is better" : "shorter is better");
        y += 10;
    }

    private void legend(Map<String, Samples> candidates) {
        int x = 0;
        for (Family family : Family.values()) {
            if (candidates.keySet().stream().anyMatch(name -> Family.of(name) == family)) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" rx=\"2\" fill=\"%s\"/>%n",
                        x,
                        y + 4,
                        family.colour()));
                text(x + 18, y + 14, "start", "", family.title());
                x += 40 + 7 * family.title().length();
            }
        }
        y += 26;
    }

    private void panel(String heading, Map<String, Samples> candidates) {
        if (candidates.isEmpty()) {
            return;
        }
        if (!heading.isEmpty()) {
            text(0, y + 14, "start", "font-style=\"italic\"", heading);
            y += 25;
        }
        double most =
                candidates.values().stream().mapToDouble(Samples::max).max().orElse(0);
        double scale = most == 0 ? 0 : (WIDTH - NAMES - VALUES) / most;
        List<Map.Entry<String, Samples>> ranking = new ArrayList<>(candidates.entrySet());
        Comparator<Map.Entry<String, Samples>> less =
                Comparator.comparingDouble(entry -> entry.getValue().median());
        if (isRanked) {
            ranking.sort((moreIsBetter ? less.reversed() : less).thenComparing(Map.Entry::getKey));
        }
        ranking.forEach(entry -> bar(entry.getKey(), entry.getValue(), scale));
        y += 8;
    }

    private void bar(String name, Samples samples, double scale) {
        int baseline = y + BAR - 2;
        text(NAMES - 10, baseline, "end", "", name);
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>%n",
                NAMES,
                y,
                Math.max(1, samples.median() * scale),
                BAR,
                (isRanked ? Family.of(name) : Family.OURS).colour()));
        // The range of the rounds as a line through the end of the bar.
        svg.append(String.format(
                Locale.ROOT,
                "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" stroke-width=\"2\"/>%n",
                NAMES + samples.min() * scale,
                y + BAR / 2.0,
                NAMES + samples.max() * scale,
                TEXT));
        text((int) (NAMES + samples.max() * scale) + 8, baseline, "start", "", Page.number(samples.median()));
        y += ROW;
    }

    private void text(int x, int baseline, String anchor, String attributes, String text) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\"%s>%s</text>%n",
                x,
                baseline,
                anchor,
                attributes.isEmpty() ? "" : " " + attributes,
                text.replace("&", "&amp;").replace("<", "&lt;")));
    }
}
