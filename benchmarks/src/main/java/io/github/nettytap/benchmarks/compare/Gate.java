/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Metric;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/** {@code benchmarks/gate}: today's tree against a commit, alternating on the same machine in the same run. */
@Command(
        name = "benchmarks/gate",
        description =
                "Builds a commit in a temporary git worktree, measures this tree against it in alternating rounds, and "
                        + "fails if a figure is worse by more than 10 %% beyond what chance explains. Tails of latency are not judged.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Two rounds are the least, since one says nothing about noise.",
            "",
            "Exit codes: 0 passed, 1 slower or not measurable, 2 wrong usage.",
            "",
            "Examples:",
            "  benchmarks/gate HEAD~1",
            "  benchmarks/gate main --only netty-tap-epoll --rounds 7"
        })
public final class Gate implements Callable<Integer> {

    private static final int BUILD_SECONDS = 600;

    @Parameters(paramLabel = "COMMIT", description = "What to measure against.")
    private String commit;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description = "Forms of our switch, as in benchmarks/compare --list (default: ${DEFAULT-VALUE}).")
    private List<String> only = List.of("netty-tap-epoll", "netty-tap-epoll-tso");

    @Mixin
    private final Pace pace = new Pace(5, 1, 3);

    @Mixin
    private final Link link = new Link();

    @Option(
            names = "--measure",
            split = ",",
            paramLabel = "WHAT",
            description = "Of in-memory, tcp, streams, udp and latency (default: ${DEFAULT-VALUE}).")
    private List<String> measures = List.of(InMemory.NAME, "tcp", "udp");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final Path top =
            Path.of(System.getProperty("nettytap.top", ".")).toAbsolutePath().normalize();

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(Compare.commandLine(new Gate()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        if (pace.rounds() < 2) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "too few rounds: rounds=" + pace.rounds() + " (expected: 2 or more)");
        }
        if (only.stream().anyMatch(name -> !name.startsWith("netty-tap"))) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "not a form of our switch: names=" + only + " (expected: netty-tap-…)");
        }
        Compare.require(Compare.METERS);
        Path compiled = top.resolve("benchmarks/target/c");
        Compare.compile(top, compiled);
        ShutdownSignal interruption = ShutdownSignal.ofThisThread();
        try (Worktree past = Worktree.add(top, commit)) {
            Compare.say("building " + commit);
            // Each side is started by its own launcher, which builds what is older than its sources.
            List<Candidate> before = new Candidates(past.path(), compiled).named(only);
            List<Candidate> today = new Candidates(top, compiled).named(only);
            for (Path tree : List.of(past.path(), top)) {
                Commands.run(BUILD_SECONDS, tree.resolve("run-example.sh").toString(), "--version");
            }
            Compare.warnIfBusy(Machine.busy());
            return measure(past.path(), before, today, compiled.resolve("udp_rate"));
        } finally {
            interruption.cleanedUp();
        }
    }

    private int measure(Path pastTree, List<Candidate> before, List<Candidate> today, Path udpRate) throws IOException {
        Results past = new Results();
        Results now = new Results();
        List<String> measured = new ArrayList<>();
        if (measures.contains(InMemory.NAME)) {
            measured.add(InMemory.NAME);
            inMemory(new InMemory(pastTree), past, new InMemory(top), now);
        }
        Set<Measure> betweenHosts = betweenHosts();
        for (int i = 0; i < today.size() && !betweenHosts.isEmpty(); i++) {
            Compare.say(today.get(i).name());
            measured.add(today.get(i).name());
            measure(before.get(i), past, today.get(i), now, udpRate, betweenHosts);
        }
        GateResult judgement = GateResult.of(measured, past, now);
        System.out.print(judgement.text());
        return judgement.passed() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Set<Measure> betweenHosts() {
        return Measure.named(
                measures.stream().filter(name -> !name.equals(InMemory.NAME)).toList());
    }

    private void inMemory(InMemory before, Results past, InMemory today, Results now) throws IOException {
        if (!before.exists()) {
            Compare.say(InMemory.NAME + ": left out, " + commit + " has no such benchmark");
            return;
        }
        Compare.say(InMemory.NAME);
        InMemory.compare(before, past, today, now, pace.rounds());
    }

    /**
     * Both sides run all the time, since one that nobody sends to costs nothing; starting takes most of a short round.
     */
    private void measure(
            Candidate before, Results past, Candidate today, Results now, Path udpRate, Set<Measure> betweenHosts)
            throws IOException {
        Path logOfPast = Files.createTempFile("gate", ".log");
        Path logOfToday = Files.createTempFile("gate", ".log");
        try (Rig rigOfPast = new Rig(before, link.mtu(), logOfPast);
                Rig rigOfToday = new Rig(today, link.mtu(), logOfToday)) {
            List<Side> sides = new ArrayList<>(List.of(
                    new Side(rigOfPast, new Meter(rigOfPast, udpRate, pace.seconds(), betweenHosts), past),
                    new Side(rigOfToday, new Meter(rigOfToday, udpRate, pace.seconds(), betweenHosts), now)));
            for (Side side : sides) {
                side.rig().open();
                side.meter().warmUp(pace.warmUp());
            }
            for (int round = 0; round < pace.rounds(); round++) {
                for (Side side : sides) {
                    Map<Metric, Double> values = new EnumMap<>(Metric.class);
                    side.meter().measure(values);
                    side.results().add(today.name(), values);
                }
                // Nobody is always the first, whom the one before may have left a warmer or a colder machine.
                Collections.reverse(sides);
            }
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            now.addFailure(today.name(), e.getMessage());
        } finally {
            for (Path log : List.of(logOfPast, logOfToday)) {
                Files.deleteIfExists(log);
                Files.deleteIfExists(log.resolveSibling(log.getFileName() + ".out"));
            }
        }
    }

    private record Side(Rig rig, Meter meter, Results results) {}
}
