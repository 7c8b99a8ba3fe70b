/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.util.ArrayList;
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
        List<String[]> cells = new ArrayList<>(List.of(new String[][] {HEADINGS}));
        for (Row row : rows) {
            cells.add(new String[] {
                row.port(),
                Units.count(row.framesIn()),
                Units.bytes(row.bytesIn()),
                Units.count(row.framesOut()),
                Units.bytes(row.bytesOut()),
                Units.count(row.drops())
            });
        }
        return TextTable.format(TextTable.Alignment.RIGHT, cells);
    }
}
