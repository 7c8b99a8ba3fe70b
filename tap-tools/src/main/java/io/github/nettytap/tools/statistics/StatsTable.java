/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The table of what the ports carry now: rates over the last interval, and drops since the start by their reasons. */
final class StatsTable {

    private static final String[] HEADINGS = {
        "port", "frames/s in", "bits/s in", "frames/s out", "bits/s out", "EAGAIN/s in+out"
    };

    /** The last of them, which a narrow terminal does without, so that the drops can be seen. */
    private static final int EAGAIN_COLUMN = HEADINGS.length - 1;

    /** Of the drops of most ports, with a reason. */
    private static final int DROPS_WIDTH = 20;

    /** Headings, total, the line for ports left out, and the two lines above the table; the cursor stands below it. */
    private static final int OTHER_ROWS = 6;

    private final boolean colours;

    /**
     * Makes a form of table.
     *
     * @param colours whether headings and new drops stand out
     */
    StatsTable(boolean colours) {
        this.colours = colours;
    }

    /**
     * The lines of the table.
     *
     * @param before the ports at the start of the interval
     * @param now the same ports, in the same order, at its end
     * @param nanos the length of the interval
     * @param size what it has to fit in, together with two lines above it: of more ports the busiest are shown
     */
    List<String> format(List<PortSample> before, List<PortSample> now, long nanos, Terminal.Size size) {
        List<PortSample> changes = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            changes.add(now.get(i).since(before.get(i)));
        }
        List<Integer> shown = shown(changes, Math.max(1, size.rows() - OTHER_ROWS));
        List<String[]> cells = new ArrayList<>(List.of(new String[][] {HEADINGS}));
        List<String> drops = new ArrayList<>(List.of("drops"));
        for (int i : shown) {
            cells.add(rates(changes.get(i), nanos));
            drops.add(drops(now.get(i), changes.get(i)));
        }
        PortSample change = PortSample.total(changes);
        cells.add(rates(change, nanos));
        drops.add(drops(PortSample.total(now), change));
        List<String> lines = new ArrayList<>();
        int row = 0;
        for (String line : align(cells, size.columns())) {
            lines.add(line + "  " + drops.get(row++));
        }
        if (colours) {
            lines.set(0, Terminal.bold(lines.get(0)));
        }
        if (shown.size() < now.size()) {
            lines.add(lines.size() - 1, "… and " + (now.size() - shown.size()) + " less busy ports");
        }
        return lines;
    }

    private static List<String> align(List<String[]> cells, int columns) {
        List<String> lines = lines(cells);
        if (lines.get(0).length() + DROPS_WIDTH <= columns) {
            return lines;
        }
        return lines(
                cells.stream().map(row -> Arrays.copyOf(row, EAGAIN_COLUMN)).toList());
    }

    private static List<String> lines(List<String[]> cells) {
        return TextTable.format(TextTable.Alignment.RIGHT, cells).lines().toList();
    }

    private static List<Integer> shown(List<PortSample> changes, int maxPorts) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            all.add(i);
        }
        if (all.size() <= maxPorts) {
            return all;
        }
        Comparator<Integer> busiest = Comparator.comparingLong(
                i -> -(changes.get(i).framesIn() + changes.get(i).framesOut()));
        Set<Integer> busy =
                new HashSet<>(all.stream().sorted(busiest).limit(maxPorts).toList());
        return all.stream().filter(busy::contains).toList();
    }

    private static String[] rates(PortSample change, long nanos) {
        return new String[] {
            change.port(),
            perSecond(change.framesIn(), nanos),
            Units.bitRate(change.bytesIn(), nanos),
            perSecond(change.framesOut(), nanos),
            Units.bitRate(change.bytesOut(), nanos),
            perSecond(change.wouldBlockIn(), nanos) + "+" + perSecond(change.wouldBlockOut(), nanos)
        };
    }

    private static String perSecond(long number, long nanos) {
        return Units.count(Math.round(number * 1e9 / nanos));
    }

    private String drops(PortSample now, PortSample change) {
        StringBuilder text = new StringBuilder(Units.count(now.dropped()));
        String separator = " (";
        for (DropReason reason : DropReason.values()) {
            long count = now.drops().getOrDefault(reason, 0L);
            if (count > 0) {
                text.append(separator).append(reason.text()).append(' ').append(Units.count(count));
                separator = ", ";
            }
        }
        text.append(separator.equals(", ") ? ")" : "");
        return colours && change.dropped() > 0 ? Terminal.red(text.toString()) : text.toString();
    }
}
