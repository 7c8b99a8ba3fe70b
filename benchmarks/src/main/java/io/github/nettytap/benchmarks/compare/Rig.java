/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Three namespaces: the candidate in the middle and a host at each end.
 *
 * <pre>
 *   left: 10.77.0.1/24            middle                 10.77.0.2/24: right
 *   +-------------+         +----------------+           +---------------+
 *   |     fx0  ---+---------+-  candidate  -+-----------+---  fx1       |
 *   +-------------+         +----------------+           +---------------+
 * </pre>
 *
 * <p>The candidate makes its TAPs in the middle; then they are moved to the ends, which their descriptors survive. So
 * every program is measured alike, whatever it can do about namespaces.
 */
public final class Rig implements AutoCloseable {

    public static final String RIGHT_ADDRESS = "10.77.0.2";

    private static final int START_SECONDS = 60;
    private static final int IP_AND_ICMP_HEADERS = 20 + 8;

    private static final AtomicInteger RIGS = new AtomicInteger();

    private final String prefix = "ntc" + ProcessHandle.current().pid() + "-" + RIGS.incrementAndGet();
    private final Candidate candidate;
    private final int mtu;
    private final Path log;
    private Process program;

    public Rig(Candidate candidate, int mtu, Path log) {
        this.candidate = candidate;
        this.mtu = mtu;
        this.log = log;
    }

    /** Makes it all, ready to measure. */
    public void open() throws IOException {
        for (String end : List.of("left", "middle", "right")) {
            ip("netns", "add", namespace(end));
            ip("-n", namespace(end), "link", "set", "lo", "up");
            // A forwarder that gets a host's own router solicitation has to send it to a link that is still down, which
            // ends some of them. It is traffic that nobody asked for, too.
            Commands.run(10, inNamespace(end, "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"));
        }
        switch (candidate.kind()) {
            case VETH -> ip("-n", namespace("middle"), "link", "add", "fx0", "type", "veth", "peer", "name", "fx1");
            case BRIDGE -> bridge();
            default -> startProgram();
        }
        end("left", "fx0", "10.77.0.1/24");
        end("right", "fx1", RIGHT_ADDRESS + "/24");
        ip("-n", namespace("left"), "link", "set", "fx0", "up");
        ip("-n", namespace("right"), "link", "set", "fx1", "up");
        awaitPing();
    }

    private void bridge() throws IOException {
        String middle = namespace("middle");
        ip("-n", middle, "link", "add", "name", "br0", "type", "bridge");
        ip("-n", middle, "link", "set", "br0", "up");
        for (int i = 0; i < 2; i++) {
            ip("-n", middle, "link", "add", "fx" + i, "type", "veth", "peer", "name", "p" + i);
            ip("-n", middle, "link", "set", "p" + i, "mtu", Integer.toString(mtu), "master", "br0", "up");
        }
    }

    private void startProgram() throws IOException {
        Path output = log.resolveSibling(log.getFileName() + ".out");
        program = Commands.start(inNamespace("middle", candidate.command()), output, log);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!isReady(output)) {
            if (!program.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("candidate did not start: name=" + candidate.name() + ", output="
                        + Files.readString(output).strip() + " "
                        + Files.readString(log).strip());
            }
            Commands.pause(50);
        }
        if (candidate.kind() == Candidate.Kind.SILENT) {
            // Both TAPs are there; what it does after having made them takes no longer than this.
            Commands.pause(1500);
        }
    }

    private boolean isReady(Path output) throws IOException {
        if (candidate.kind() == Candidate.Kind.ANNOUNCED) {
            return Files.readString(output).lines().anyMatch("ready"::equals);
        }
        String links = Commands.run(5, "ip", "-n", namespace("middle"), "-o", "link");
        return links.contains("fx0") && links.contains("fx1");
    }

    private void end(String end, String link, String address) throws IOException {
        // Before the move: some see the MTU of their TAP only as long as they are in its namespace.
        ip("-n", namespace("middle"), "link", "set", link, "mtu", Integer.toString(mtu));
        ip("-n", namespace("middle"), "link", "set", link, "netns", namespace(end));
        ip("-n", namespace(end), "addr", "add", address, "dev", link);
    }

    private void awaitPing() throws IOException {
        ping("-w", "10");
        // Whoever drops frames of this size would otherwise be waited for by each measurement.
        ping("-w", "5", "-M", "do", "-s", Integer.toString(mtu - IP_AND_ICMP_HEADERS));
    }

    private void ping(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("ping", "-q", "-c", "1", "-W", "1"));
        command.addAll(Arrays.asList(options));
        command.add(RIGHT_ADDRESS);
        Commands.run(20, inNamespace("left", command));
    }

    /** The same command, to be run at one end or in the middle. */
    List<String> inNamespace(String end, List<String> command) {
        List<String> result = new ArrayList<>(List.of("ip", "netns", "exec", namespace(end)));
        result.addAll(command);
        return result;
    }

    public List<String> inNamespace(String end, String... command) {
        return inNamespace(end, Arrays.asList(command));
    }

    /** Tells whether there is a process whose time and memory can be measured. */
    boolean hasProgram() {
        return program != null;
    }

    /** Processor seconds that the candidate and its children have used so far. */
    public double cpuSeconds() throws IOException {
        return program == null ? 0 : ProcessUsage.cpuSeconds(program.toHandle());
    }

    /** Resident memory of the candidate and its children in MB. */
    public double residentMegabytes() throws IOException {
        return program == null ? 0 : ProcessUsage.residentMegabytes(program.toHandle());
    }

    @Override
    public void close() throws IOException {
        Commands.uninterrupted(() -> {
            if (program != null) {
                Commands.stop(program);
            }
            deleteNamespaces();
        });
    }

    private void deleteNamespaces() throws IOException {
        String existing = Commands.run(5, "ip", "netns", "list");
        for (String end : List.of("left", "middle", "right")) {
            if (existing.contains(namespace(end))) {
                ip("netns", "del", namespace(end));
            }
        }
    }

    private String namespace(String end) {
        return prefix + end;
    }

    private static void ip(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(arguments));
        Commands.run(10, command);
    }
}
