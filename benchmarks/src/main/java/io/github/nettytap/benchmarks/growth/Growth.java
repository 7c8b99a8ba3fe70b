/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.growth;

import io.github.nettytap.benchmarks.compare.Candidate;
import io.github.nettytap.benchmarks.compare.Compare;
import io.github.nettytap.benchmarks.compare.JsonOutput;
import io.github.nettytap.benchmarks.compare.Machine;
import io.github.nettytap.benchmarks.compare.Pace;
import io.github.nettytap.benchmarks.compare.Rig;
import io.github.nettytap.benchmarks.compare.ShutdownSignal;
import io.github.nettytap.benchmarks.compare.Versions;
import io.github.nettytap.benchmarks.results.Samples;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code benchmarks/growth}: what a frame costs as things grow in number or in size. */
@Command(
        name = "benchmarks/growth",
        description =
                "Measures what a frame costs netty-tap over the number of ports, of FDB entries, of queues and event loops, "
                        + "over the size of the frame and over loss; and what an idle port costs in memory.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "The cost is processor time of the program for a frame that has arrived, while more are sent than it can take.",
            "",
            "Examples:",
            "  benchmarks/growth --only ports,size --rounds 1",
            "  benchmarks/growth --json growth.json && benchmarks/report growth.json"
        })
public final class Growth implements Callable<Integer> {

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "WHAT",
            description = "Of ports, stations, size, loss and queues (default: all).")
    private List<String> only = List.of();

    @Mixin
    private final Pace pace = new Pace(3, 2, 2);

    @Option(names = "--io", paramLabel = "TYPE", description = "epoll or io_uring (default: ${DEFAULT-VALUE}).")
    private String io = "epoll";

    @Mixin
    private final JsonOutput json = new JsonOutput();

    /** The values of all rounds: series, point, figure. */
    private final Map<String, Map<String, Map<String, List<Double>>>> values = new LinkedHashMap<>();

    private final List<String> failures = new ArrayList<>();
    private final Path top =
            Path.of(System.getProperty("nettytap.top", ".")).toAbsolutePath().normalize();
    private final Path compiled = top.resolve("benchmarks/target/c");

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(Compare.commandLine(new Growth()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        List<Series> chosen = chosen();
        Compare.require(Compare.METERS);
        Compare.compile(top, compiled);
        double busy = Machine.busy();
        Compare.warnIfBusy(busy);
        Map<String, Object> conditions = conditions(busy);
        ShutdownSignal interruption = ShutdownSignal.ofThisThread();
        try {
            for (int round = 1; round <= pace.rounds(); round++) {
                for (Series series : chosen) {
                    Compare.say("round " + round + " of " + pace.rounds() + ": " + series.name());
                    measure(series);
                    write(chosen, conditions);
                }
            }
        } catch (InterruptedIOException e) {
            failures.add("interrupted");
        } finally {
            write(chosen, conditions);
            interruption.cleanedUp();
        }
        System.out.print(text(chosen));
        failures.forEach(failure -> Compare.say("failed: " + failure));
        return failures.isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private List<Series> chosen() {
        List<Series> all = Series.all(io);
        for (String name : only) {
            if (all.stream().noneMatch(series -> series.name().equals(name))) {
                throw new IllegalArgumentException("no such series: name=" + name + " (expected: "
                        + String.join(", ", all.stream().map(Series::name).toList()) + ")");
            }
        }
        return all.stream()
                .filter(series -> only.isEmpty() || only.contains(series.name()))
                .toList();
    }

    private void measure(Series series) throws IOException {
        Path log = Files.createTempFile("growth", ".log");
        Rig rig = null;
        Series.Point last = null;
        try {
            for (Series.Point point : series.points()) {
                try {
                    boolean started = !point.runsIn(last);
                    if (started) {
                        close(rig);
                        last = null;
                        rig = new Rig(candidate(series, point), point.mtu(), log);
                        rig.open();
                        add(series, point, Map.of(FrameMeter.MEMORY, rig.residentMegabytes()));
                    }
                    FrameMeter meter = new FrameMeter(rig, compiled.resolve("frame_rate"));
                    meter.prepare(point, started ? pace.warmUp() : 0);
                    add(series, point, meter.measure(point, pace.seconds()));
                    last = point;
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException | RuntimeException e) {
                    failures.add(series.name() + " " + point.label() + ": " + e.getMessage());
                }
            }
        } finally {
            close(rig);
            Files.deleteIfExists(log);
            Files.deleteIfExists(log.resolveSibling(log.getFileName() + ".out"));
        }
    }

    private static void close(Rig rig) throws IOException {
        if (rig != null) {
            rig.close();
        }
    }

    private Candidate candidate(Series series, Series.Point point) {
        List<String> command = new ArrayList<>(point.program());
        command.set(0, top.resolve(command.get(0)).toString());
        return new Candidate(series.name() + " " + point.label(), Candidate.Kind.ANNOUNCED, command, List.of());
    }

    private void add(Series series, Series.Point point, Map<String, Double> figures) {
        Map<String, List<Double>> mine = values.computeIfAbsent(series.name(), name -> new LinkedHashMap<>())
                .computeIfAbsent(point.label(), label -> new LinkedHashMap<>());
        figures.forEach((figure, value) ->
                mine.computeIfAbsent(figure, name -> new ArrayList<>()).add(value));
    }

    private Map<String, Object> conditions(double busy) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        report.put(
                "command",
                "benchmarks/growth " + pace.asOptions() + " --io " + io
                        + (only.isEmpty() ? "" : " --only " + String.join(",", only)));
        report.put("tree", Versions.tree(top));
        report.put("machine", Machine.describe());
        report.put("netty", Versions.netty());
        report.put("meters", Versions.packages(Compare.METERS));
        report.put("busyBefore", busy);
        report.put("io", io);
        report.put("rounds", pace.rounds());
        report.put("seconds", pace.seconds());
        report.put("warmUpSeconds", pace.warmUp());
        return report;
    }

    private void write(List<Series> chosen, Map<String, Object> conditions) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>(conditions);
        Map<String, Object> growth = new LinkedHashMap<>();
        for (Series series : chosen) {
            if (values.containsKey(series.name())) {
                growth.put(series.name(), Map.of("title", series.title(), "points", values.get(series.name())));
            }
        }
        report.put("growth", growth);
        report.put("failures", failures);
        json.write(report);
    }

    private String text(List<Series> chosen) {
        StringBuilder text = new StringBuilder();
        for (Series series : chosen) {
            text.append(series.title()).append('\n');
            values.getOrDefault(series.name(), Map.of()).forEach((label, figures) -> {
                text.append(String.format(Locale.ROOT, "  %-20s", label));
                figures.forEach((figure, all) -> text.append(String.format(
                        Locale.ROOT,
                        "  %s: %.4g",
                        figure,
                        new Samples(all.stream()
                                        .mapToDouble(Double::doubleValue)
                                        .toArray())
                                .median())));
                text.append('\n');
            });
        }
        return text.toString();
    }
}
