/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The table of what the ports carry now: rates over the last interval, and drops since the start by their reasons. */
final class StatsTable {

    private static final String[] HEADINGS = {
        "port", "frames/s in", "bits/s in", "frames/s out", "bits/s out", "EAGAIN/s in+out"
    };

    private final int maxPorts;
    private final boolean colours;

    /**
     * Makes a form of table.
     *
     * @param maxPorts how many ports are shown; the busiest, where there are more
     * @param colours whether headings and new drops stand out
     */
    StatsTable(int maxPorts, boolean colours) {
        this.maxPorts = maxPorts;
        this.colours = colours;
    }

    /**
     * The lines of the table.
     *
     * @param before the ports at the start of the interval
     * @param now the same ports, in the same order, at its end
     * @param nanos the length of the interval
     */
    List<String> format(List<PortSample> before, List<PortSample> now, long nanos) {
        List<PortSample> changes = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            changes.add(now.get(i).since(before.get(i)));
        }
        List<Integer> shown = shown(changes);
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
        for (String line :
                PortTable.align(cells.toArray(String[][]::new)).lines().toList()) {
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

    private List<Integer> shown(List<PortSample> changes) {
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
