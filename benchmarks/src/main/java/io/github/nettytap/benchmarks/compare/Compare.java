/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.compare.Candidate.Need;
import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.Samples;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Measures all candidates in interleaved rounds and prints medians, spreads and ratios. */
@Command(
        name = "benchmarks/compare",
        description = "Measures netty-tap's switch beside other ways to join two hosts, all in the same run.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "The table goes to standard output; progress, with a table after each round, to standard error; everything "
                    + "to the JSON file, which is written anew after each candidate. Ctrl-C ends it early, and cleanly. "
                    + "Candidates other than netty-tap warm up for one second of each kind of traffic.",
            "",
            "Examples:",
            "  benchmarks/compare --only netty-tap-epoll,c-epoll --rounds 3",
            "  benchmarks/compare --rounds 5 --seconds 4 --json benchmarks/results/today.json"
        })
public final class Compare implements Callable<Integer> {

    private static final double IDLE = 0.1;
    public static final List<Need> METERS = List.of(
            new Need("ip", "iproute2"),
            new Need("ping", "iputils-ping"),
            new Need("iperf3", "iperf3"),
            new Need("gcc", "gcc libc6-dev"));

    @Option(names = "--only", split = ",", paramLabel = "NAME", description = "The candidates, of those in --list.")
    private List<String> only = List.of();

    @Option(names = "--tournament", description = "The C loops with one switch turned each, instead of the rest.")
    private boolean tournament;

    @Mixin
    private final Pace pace = new Pace(3, 3, 6);

    @Mixin
    private final Link link = new Link();

    @Mixin
    private final JsonOutput json = new JsonOutput();

    @Option(
            names = "--measure",
            split = ",",
            paramLabel = "WHAT",
            description = "Of tcp, streams, udp and latency (default: all).")
    private List<String> measures = List.of("tcp", "streams", "udp", "latency");

    @Option(names = "--list", description = "Lists the candidates, says what is missing for them, and ends.")
    private boolean list;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final Map<String, String> packages = new HashMap<>();
    private final Map<String, String> leftOut = new LinkedHashMap<>();
    private final Path top =
            Path.of(System.getProperty("nettytap.top", ".")).toAbsolutePath().normalize();

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine(new Compare()).execute(arguments));
    }

    /** Failures are one line on standard error. */
    public static CommandLine commandLine(Object program) {
        CommandLine commandLine = new CommandLine(program);
        commandLine.setExecutionExceptionHandler((exception, command, parsed) -> {
            command.getErr().println(command.getCommandName() + ": " + exception.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        });
        return commandLine;
    }

    @Override
    public Integer call() throws Exception {
        Path compiled = top.resolve("benchmarks/target/c");
        Candidates candidates = new Candidates(top, compiled);
        List<Candidate> chosen =
                tournament ? candidates.tournament() : only.isEmpty() ? candidates.all() : candidates.named(only);
        if (list) {
            chosen.forEach(c -> System.out.println(c.name() + missing(c.missing())));
            return CommandLine.ExitCode.OK;
        }
        require(METERS);
        compile(top, compiled);
        List<Candidate> present = new ArrayList<>();
        for (Candidate candidate : chosen) {
            String refusal = candidate.refusal(link.mtu());
            if (candidate.missing().isEmpty() && refusal.isEmpty()) {
                present.add(candidate);
            } else {
                String reason = refusal.isEmpty() ? missing(candidate.missing()) : ": " + refusal;
                leftOut.put(candidate.name(), reason.substring(2));
                say("left out: " + candidate.name() + reason);
            }
        }
        double busy = Machine.busy();
        warnIfBusy(busy);
        Results results = new Results();
        Map<String, Object> conditions = conditions(busy);
        for (Candidate candidate : present) {
            packages.put(candidate.name(), Versions.packages(candidate.needs()));
        }
        Session tour = new Session(pace, link.mtu(), Measure.named(measures), compiled.resolve("udp_rate"));
        ShutdownSignal interruption = ShutdownSignal.ofThisThread();
        try {
            tour.run(present, results, new Progress(present, conditions, results));
            return finish(present, conditions, results);
        } finally {
            interruption.cleanedUp();
        }
    }

    private int finish(List<Candidate> present, Map<String, Object> conditions, Results results) throws IOException {
        write(present, conditions, results);
        System.out.print(Table.format(names(present), results));
        results.failures()
                .forEach((name, reasons) -> reasons.forEach(reason -> say("failed: " + name + ": " + reason)));
        return results.failures().isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    /** Shows and writes what there is, so that nothing is lost if the run does not come to its end. */
    private final class Progress implements Session.Observer {
        private final List<Candidate> present;
        private final Map<String, Object> conditions;
        private final Results results;

        Progress(List<Candidate> present, Map<String, Object> conditions, Results results) {
            this.present = present;
            this.conditions = conditions;
            this.results = results;
        }

        @Override
        public void measured() throws IOException {
            write(present, conditions, results);
        }

        @Override
        public void roundDone(int round) {
            if (round < pace.rounds()) {
                say(Table.format(names(present), results));
            }
        }
    }

    private void write(List<Candidate> present, Map<String, Object> conditions, Results results) throws IOException {
        if (json.isWanted()) {
            json.write(report(present, conditions, results));
        }
    }

    public static void warnIfBusy(double busy) {
        if (busy > IDLE) {
            say(String.format(
                    "warning: this machine is %.0f %% busy with other things; figures will mislead", busy * 100));
        }
    }

    public static void compile(Path top, Path compiled) throws IOException {
        Files.createDirectories(compiled);
        for (String name : List.of(
                "forward_epoll", "forward_uring", "forward_multishot", "udp_rate", "frame_rate", "attack", "honest")) {
            Path source = top.resolve("benchmarks/c/" + name + ".c");
            Path program = compiled.resolve(name);
            Commands.run(60, "gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program.toString(), source.toString());
        }
    }

    /** Taken before the first measurement: what is edited while it runs is not what runs. */
    private Map<String, Object> conditions(double busy) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        report.put(
                "command",
                "benchmarks/compare "
                        + String.join(" ", spec.commandLine().getParseResult().originalArgs()));
        report.put("tree", Versions.tree(top));
        report.put("machine", Machine.describe());
        report.put("netty", Versions.netty());
        report.put("meters", Versions.packages(METERS));
        report.put("busyBefore", busy);
        report.put("rounds", pace.rounds());
        report.put("seconds", pace.seconds());
        report.put("warmUpSeconds", pace.warmUp());
        report.put("warmUpSecondsOfOthers", Math.min(pace.warmUp(), Session.OTHERS_WARM_UP));
        report.put("mtu", link.mtu());
        return report;
    }

    private Map<String, Object> report(List<Candidate> present, Map<String, Object> conditions, Results results) {
        Map<String, Object> report = new LinkedHashMap<>(conditions);
        Map<String, Object> candidates = new LinkedHashMap<>();
        for (Candidate candidate : present) {
            if (results.has(candidate.name())) {
                candidates.put(candidate.name(), figures(candidate, results));
            }
        }
        report.put("candidates", candidates);
        report.put("failures", results.failures());
        report.put("leftOut", leftOut);
        return report;
    }

    private Map<String, Object> figures(Candidate candidate, Results results) {
        Map<String, Object> figures = new LinkedHashMap<>();
        String command = Commands.line(candidate.command()).replace(top + "/", "");
        figures.put("command", candidate.isProgram() ? command : "kernel");
        figures.put("packages", packages.get(candidate.name()));
        for (Metric metric : Metric.values()) {
            if (!results.has(candidate.name(), metric)) {
                continue;
            }
            Samples samples = results.samples(candidate.name(), metric);
            Map<String, Object> figure = new LinkedHashMap<>();
            figure.put("unit", metric.unit());
            figure.put("median", samples.median());
            figure.put("spread", samples.spread());
            figure.put("ratio", results.ratio(candidate.name(), metric));
            figure.put("values", Arrays.stream(samples.values()).boxed().toList());
            figures.put(metric.title(), figure);
        }
        return figures;
    }

    public static void require(List<Need> needs) throws IOException {
        List<Need> missing =
                needs.stream().filter(need -> !Commands.exists(need.program())).toList();
        if (!missing.isEmpty()) {
            throw new IOException("cannot measure" + missing(missing));
        }
    }

    private static String missing(List<Need> needs) {
        if (needs.isEmpty()) {
            return "";
        }
        return ": no " + needs.stream().map(Need::program).collect(Collectors.joining(", ")) + " (apt-get install "
                + needs.stream().map(Need::debianPackage).collect(Collectors.joining(" ")) + ")";
    }

    private static List<String> names(List<Candidate> candidates) {
        return candidates.stream().map(Candidate::name).toList();
    }

    public static void say(String line) {
        System.err.println(line);
    }
}
