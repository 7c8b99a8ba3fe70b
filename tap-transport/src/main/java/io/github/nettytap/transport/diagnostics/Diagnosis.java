/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What {@link Doctor} found. */
public final class Diagnosis {

    private static final int WIDTH = 100;
    private static final String INDENT = " ".repeat(10);
    /** Blanks outside of backquotes: a command is to be copied, so it stays on one line. */
    private static final Pattern BREAK = Pattern.compile(" (?=(?:[^`]*`[^`]*`)*[^`]*$)");

    private final List<Finding> findings;
    private final boolean canCreate;
    private final String verdict;

    Diagnosis(List<Finding> findings, boolean canCreate, String verdict) {
        this.findings = List.copyOf(findings);
        this.canCreate = canCreate;
        this.verdict = verdict;
    }

    /**
     * What was looked at, the most basic first.
     *
     * @return the findings
     */
    public List<Finding> findings() {
        return findings;
    }

    /**
     * Whether this process can make TAP devices in the network namespace that it is in.
     *
     * @return true if so
     */
    public boolean canCreate() {
        return canCreate;
    }

    /**
     * Whether a missing right is all that is in the way, so that another user could make TAP devices here.
     *
     * @return false if {@link #canCreate()}, or if something else is missing too
     */
    public boolean lacksOnlyPermission() {
        return !canCreate
                && findings.stream()
                        .filter(finding -> finding.status() == Finding.Status.PROBLEM)
                        .allMatch(Finding::isPermission);
    }

    /**
     * The findings in one sentence or two.
     *
     * @return what this process can do here, and the shortest way out if it cannot
     */
    public String verdict() {
        return verdict;
    }

    /** A page to read: the findings with their advice, then the verdict. */
    @Override
    public String toString() {
        StringBuilder page = new StringBuilder();
        for (Finding finding : findings) {
            String status = finding.status().name().toLowerCase(Locale.ROOT);
            page.append(String.format("%-10s", status)).append(finding.topic()).append('\n');
            wrap(page, finding.text());
            if (!finding.advice().isEmpty()) {
                wrap(page, "What to do: " + finding.advice());
            }
        }
        page.append('\n');
        wrapFrom(page, "", verdict);
        return page.toString();
    }

    private static void wrap(StringBuilder page, String text) {
        wrapFrom(page, INDENT, text);
    }

    private static void wrapFrom(StringBuilder page, String indent, String text) {
        int column = indent.length();
        page.append(indent);
        boolean first = true;
        for (String word : BREAK.split(text)) {
            if (!first && column + 1 + word.length() > WIDTH) {
                page.append('\n').append(indent);
                column = indent.length();
                first = true;
            }
            page.append(first ? "" : " ").append(word);
            column += word.length() + (first ? 0 : 1);
            first = false;
        }
        page.append('\n');
    }
}
