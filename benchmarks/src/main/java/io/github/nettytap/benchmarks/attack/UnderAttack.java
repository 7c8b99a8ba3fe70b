/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.attack;

import io.github.nettytap.benchmarks.compare.Background;
import io.github.nettytap.benchmarks.compare.Candidate.Need;
import io.github.nettytap.benchmarks.compare.Commands;
import io.github.nettytap.benchmarks.compare.Compare;
import io.github.nettytap.benchmarks.compare.JsonOutput;
import io.github.nettytap.benchmarks.compare.Machine;
import io.github.nettytap.benchmarks.compare.ShutdownSignal;
import io.github.nettytap.benchmarks.compare.Versions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code benchmarks/attack}: an attacker of each table beside an honest host. */
@Command(
        name = "benchmarks/attack",
        description = "Attacks each table at a steady rate and shows what an honest host notices: with netty-tap, and"
                + " with the kernel's bridge, router, NAT and vxlan device, and dnsmasq.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Figures are of a time in which the attack has gone on for two seconds, and of one when it is over.",
            "",
            "Examples:",
            "  benchmarks/attack --only arp,nat-ports",
            "  benchmarks/attack --json attack.json"
        })
public final class UnderAttack implements Callable<Integer> {

    /** Tables are full and methods compiled when measuring begins. */
    private static final int LEAD_SECONDS = 2;

    private static final int QUIET_SECONDS = 2;

    /** Of TCP, so that figures before the attack are not those of a program that is still interpreted. */
    private static final int WARM_UP_SECONDS = 4;

    /** Of TCP before, during and after. Apart from the pings, which would wait behind it. */
    private static final int FLOW_SECONDS = 3;

    private static final Pattern SENT = Pattern.compile("\"sent\": (\\d+), \"seconds\": ([0-9.]+)");

    @Option(names = "--only", split = ",", paramLabel = "ATTACK", description = "Some of them (default: all).")
    private List<String> only = List.of();

    @Option(names = "--rate", paramLabel = "N", description = "Frames a second (default: ${DEFAULT-VALUE}).")
    private int rate = 10_000;

    @Option(names = "--seconds", paramLabel = "S", description = "Measured, of each attack (default: 5).")
    private int seconds = 5;

    @Option(names = "--on", split = ",", paramLabel = "WHAT", description = "Of netty-tap and kernel (default: both).")
    private List<String> subjects = List.of("netty-tap", "kernel");

    @Mixin
    private final JsonOutput json = new JsonOutput();

    private final Map<String, Map<String, Map<String, Object>>> results = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Path top =
            Path.of(System.getProperty("nettytap.top", ".")).toAbsolutePath().normalize();
    private final Path compiled = top.resolve("benchmarks/target/c");

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(Compare.commandLine(new UnderAttack()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        List<Attack> attacks = Attack.named(only);
        Compare.require(Stream.concat(
                        Compare.METERS.stream(),
                        Stream.of(new Need("nft", "nftables"), new Need("dnsmasq", "dnsmasq-base")))
                .toList());
        Compare.compile(top, compiled);
        double busy = Machine.busy();
        Compare.warnIfBusy(busy);
        Map<String, Object> conditions = conditions(busy);
        ShutdownSignal interruption = ShutdownSignal.ofThisThread();
        try {
            for (Attack attack : attacks) {
                for (String subject : subjects) {
                    Compare.say(attack.title() + " on " + subject);
                    try {
                        measure(attack, subject);
                    } catch (IOException | RuntimeException e) {
                        failures.add(attack.title() + " on " + subject + ": " + e.getMessage());
                        Compare.say("failed: " + failures.get(failures.size() - 1));
                    }
                    write(conditions);
                }
            }
        } finally {
            interruption.cleanedUp();
        }
        System.out.print(text());
        return failures.isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    @SuppressWarnings("try") // The services only have to be there.
    private void measure(Attack attack, String subject) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        try (Neighborhood neighborhood = new Neighborhood(attack.network, subject.equals("kernel"), top)) {
            neighborhood.open();
            HonestHost honest = new HonestHost(neighborhood, attack.network, compiled.resolve("honest"));
            try (Background service = honest.service();
                    Background receiver = honest.receiver()) {
                honest.throughput(WARM_UP_SECONDS);
                figures.put("before", quiet(honest));
                double memoryBefore = neighborhood.residentMegabytes();
                // The flow needs a moment to begin and to end.
                int attackSeconds = LEAD_SECONDS + seconds + 1 + FLOW_SECONDS + 2;
                List<String> command =
                        neighborhood.attack(compiled.resolve("attack"), attack.kind, attackSeconds, rate);
                try (Background attacker = Background.start(command, "")) {
                    Commands.pause(LEAD_SECONDS * 1000L);
                    double memoryLead = neighborhood.residentMegabytes();
                    double cpu = neighborhood.cpuSeconds();
                    long toAttacker = neighborhood.framesToAttacker();
                    long start = System.nanoTime();
                    HonestHost.Trial trial = honest.start(seconds);
                    double busy = Machine.busy();
                    Map<String, Object> during = trial.await();
                    double elapsed = (System.nanoTime() - start) / 1e9;
                    cpu = neighborhood.cpuSeconds() - cpu;
                    during.put("framesToAttacker", neighborhood.framesToAttacker() - toAttacker);
                    during.put("machineBusy", busy);
                    during.put("tcpBitsPerSecond", honest.throughput(FLOW_SECONDS));
                    figures.put("during", during);
                    Matcher sent = SENT.matcher(attacker.awaitOutput(30));
                    if (!sent.find()) {
                        throw new IOException("the attacker failed: command=" + String.join(" ", command));
                    }
                    double sentRate = Double.parseDouble(sent.group(1)) / Double.parseDouble(sent.group(2));
                    figures.put("attackFramesPerSecond", sentRate);
                    if (neighborhood.hasProgram()) {
                        figures.put("cpuMicrosPerFrame", cpu * 1e6 / (Math.min(elapsed, seconds + 1) * sentRate));
                        figures.put("memoryBeforeMB", memoryBefore);
                        figures.put("memoryAfterTwoSecondsMB", memoryLead);
                        figures.put("memoryAtEndMB", neighborhood.residentMegabytes());
                    }
                }
                figures.put("after", quiet(honest));
            }
        }
        results.computeIfAbsent(attack.title(), name -> new LinkedHashMap<>()).put(subject, figures);
    }

    private static Map<String, Object> quiet(HonestHost honest) throws IOException {
        Map<String, Object> figures = honest.start(QUIET_SECONDS).await();
        figures.put("tcpBitsPerSecond", honest.throughput(FLOW_SECONDS));
        return figures;
    }

    private Map<String, Object> conditions(double busy) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        report.put("tree", Versions.tree(top));
        report.put("machine", Machine.describe());
        report.put("netty", Versions.netty());
        report.put("busyBefore", busy);
        report.put("rate", rate);
        report.put("seconds", seconds);
        report.put("leadSeconds", LEAD_SECONDS);
        report.put("warmUpSeconds", WARM_UP_SECONDS);
        report.put("flowSeconds", FLOW_SECONDS);
        return report;
    }

    private void write(Map<String, Object> conditions) throws IOException {
        if (json.isWanted()) {
            Map<String, Object> report = new LinkedHashMap<>(conditions);
            report.put("attacks", results);
            report.put("failures", failures);
            json.write(report);
        }
    }

    /** A table in Markdown, as docs have it. */
    private String text() {
        StringBuilder text = new StringBuilder("""
                | attack | beside | lost | p50, p99 before (ms) | p50, p99 during (ms) | TCP before, during, after (Mb/s) | new connections | new neighbors | the same afterwards | CPU a frame | memory |
                |---|---|---|---|---|---|---|---|---|---|---|
                """);
        results.forEach((attack, bySubject) -> bySubject.forEach((subject, figures) -> {
            Map<?, ?> before = (Map<?, ?>) figures.get("before");
            Map<?, ?> during = (Map<?, ?>) figures.get("during");
            Map<?, ?> after = (Map<?, ?>) figures.get("after");
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s of %s | %.2f, %.2f | %.2f, %.2f | %.0f, %.0f, %.0f | %s | %s | %s, %s | %s | %s |%n",
                    attack,
                    subject,
                    during.get("lost"),
                    during.get("pings"),
                    before.get("p50Millis"),
                    before.get("p99Millis"),
                    during.get("p50Millis"),
                    during.get("p99Millis"),
                    megabits(before),
                    megabits(during),
                    megabits(after),
                    attempts(during),
                    during.get("newNeighbors"),
                    attempts(after),
                    after.get("newNeighbors"),
                    number("%.1f µs", figures.get("cpuMicrosPerFrame")),
                    number("%.0f", figures.get("memoryBeforeMB")) + " → "
                            + number("%.0f MB", figures.get("memoryAtEndMB"))));
        }));
        failures.forEach(failure -> text.append("failed: ").append(failure).append('\n'));
        return text.toString();
    }

    private static double megabits(Map<?, ?> figures) {
        return (double) figures.get("tcpBitsPerSecond") / 1e6;
    }

    private static Object attempts(Map<?, ?> figures) {
        return figures.containsKey("offers") ? figures.get("offers") : figures.get("connections");
    }

    private static String number(String format, Object value) {
        return value == null ? "" : String.format(Locale.ROOT, format, value);
    }
}
