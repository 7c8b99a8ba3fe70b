/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import io.github.nettytap.benchmarks.results.Change;
import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.ResultFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code benchmarks/diff}: what differs between two result files beyond the noise. */
@Command(
        name = "benchmarks/diff",
        description = {
            "Compares two files of benchmarks/compare --json and shows what changed by more than chance explains.",
            "The noise is the interval that holds 95 of 100 differences between two results of the same program."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {"", "Example:", "  benchmarks/diff benchmarks/results/before.json benchmarks/results/after.json"})
public final class Diff implements Callable<Integer> {

    /** Figures of different ones of these are no comparison of programs. */
    private static final List<String> CONDITIONS = List.of("machine", "mtu", "seconds", "warmUpSeconds");

    @Parameters(index = "0", paramLabel = "BEFORE", description = "The file that is the measure.")
    private Path before;

    @Parameters(index = "1", paramLabel = "AFTER", description = "The file that is judged.")
    private Path after;

    @Option(names = "--all", description = "Shows what has not changed, too.")
    private boolean all;

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(Report.commandLine(new Diff()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        System.out.print(compare(ResultFile.read(before), ResultFile.read(after), all));
        return CommandLine.ExitCode.OK;
    }

    static String compare(ResultFile before, ResultFile after, boolean all) {
        StringBuilder text = new StringBuilder();
        for (String condition : CONDITIONS) {
            if (!before.fact(condition).equals(after.fact(condition))) {
                text.append("warning: measured under different conditions: ")
                        .append(condition)
                        .append(": ")
                        .append(before.fact(condition))
                        .append(" against ")
                        .append(after.fact(condition))
                        .append('\n');
            }
        }
        int compared = 0;
        int shown = 0;
        for (Map.Entry<String, ResultFile.Candidate> entry : before.candidates().entrySet()) {
            for (Change change : changes(entry.getValue(), after.candidates().get(entry.getKey()))) {
                compared++;
                if (all || change.verdict() != Change.Verdict.SAME) {
                    shown++;
                    text.append(line(entry.getKey(), change)).append('\n');
                }
            }
        }
        return text.append(String.format(
                        Locale.ROOT, "%d figures compared, %d shown%s%n", compared, shown, onlyOnce(before, after)))
                .toString();
    }

    private static List<Change> changes(ResultFile.Candidate before, ResultFile.Candidate after) {
        List<Change> changes = new ArrayList<>();
        if (after != null) {
            for (Metric metric : Metric.values()) {
                if (before.samples().containsKey(metric) && after.samples().containsKey(metric)) {
                    changes.add(new Change(
                            metric,
                            before.samples().get(metric),
                            after.samples().get(metric)));
                }
            }
        }
        return changes;
    }

    private static String onlyOnce(ResultFile before, ResultFile after) {
        List<String> missing = new ArrayList<>(before.candidates().keySet());
        missing.removeAll(after.candidates().keySet());
        List<String> added = new ArrayList<>(after.candidates().keySet());
        added.removeAll(before.candidates().keySet());
        return (missing.isEmpty() ? "" : "; only before: " + String.join(", ", missing))
                + (added.isEmpty() ? "" : "; only after: " + String.join(", ", added));
    }

    private static String line(String candidate, Change change) {
        double noise = change.noise();
        return String.format(
                Locale.ROOT,
                "%-8s %-20s %-10s %8s → %8s %-4s  %+6.1f %%  noise %s",
                mark(change.verdict()),
                candidate,
                change.metric().title(),
                Page.number(change.before().median()),
                Page.number(change.after().median()),
                change.metric().unit(),
                100 * change.growth(),
                Double.isInfinite(noise)
                        ? "unknown (expected: 2 rounds or more)"
                        : String.format(Locale.ROOT, "±%.1f %%", 100 * noise));
    }

    private static String mark(Change.Verdict verdict) {
        return switch (verdict) {
            case BETTER -> "better";
            case WORSE -> "WORSE";
            case SAME -> "same";
            case UNKNOWN -> "?";
        };
    }
}
