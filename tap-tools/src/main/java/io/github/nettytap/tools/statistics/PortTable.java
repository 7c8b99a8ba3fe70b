/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.util.List;

/** The aligned table of ports that the programs print: one line a port, names to the left, numbers to the right. */
public final class PortTable {

    private static final String[] HEADINGS = {"port", "frames in", "bytes in", "frames out", "bytes out", "drops"};

    private PortTable() {}

    /**
     * The counters of one port at one moment.
     *
     * @param port its name
     * @param framesIn frames that came from the network
     * @param bytesIn their bytes, without virtio-net headers
     * @param framesOut frames that were given to the network
     * @param bytesOut their bytes, without virtio-net headers
     * @param drops frames that came from or were meant for this port and went nowhere
     */
    public record Row(String port, long framesIn, long bytesIn, long framesOut, long bytesOut, long drops) {}

    /** The table as text, each line ended by a newline, no blanks at the ends of lines. */
    public static String format(List<Row> rows) {
        String[][] cells = new String[rows.size() + 1][];
        cells[0] = HEADINGS;
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            cells[i + 1] = new String[] {
                row.port(),
                Units.count(row.framesIn()),
                Units.bytes(row.bytesIn()),
                Units.count(row.framesOut()),
                Units.bytes(row.bytesOut()),
                Units.count(row.drops())
            };
        }
        return align(cells);
    }

    /** Cells as lines: the first column to the left, the others to the right. */
    static String align(String[][] cells) {
        int[] widths = new int[cells[0].length];
        for (String[] line : cells) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], line[column].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] line : cells) {
            text.append(line[0]).append(" ".repeat(widths[0] - line[0].length()));
            for (int column = 1; column < widths.length; column++) {
                text.append("  ").append(" ".repeat(widths[column] - line[column].length()));
                text.append(line[column]);
            }
            text.append('\n');
        }
        return text.toString();
    }
}
