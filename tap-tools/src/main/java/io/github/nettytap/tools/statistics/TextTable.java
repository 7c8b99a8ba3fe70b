/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.util.List;

/** Rows of cells as lines: columns as wide as their widest cell, two blanks between them, none at the ends of lines. */
public final class TextTable {

    /** Where cells stand in their columns; those of the first column always stand to the left. */
    public enum Alignment {
        /** For texts. */
        LEFT,
        /** For numbers. */
        RIGHT
    }

    private TextTable() {}

    /** The table as text, each line ended by a newline. All rows have the same number of cells. */
    public static String format(Alignment alignment, List<String[]> rows) {
        int[] widths = new int[rows.get(0).length];
        for (String[] row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row[column].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < widths.length; column++) {
                String blanks = " ".repeat(widths[column] - row[column].length());
                boolean left = column == 0 || alignment == Alignment.LEFT;
                line.append(column == 0 ? "" : "  ");
                line.append(left ? row[column] + blanks : blanks + row[column]);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
