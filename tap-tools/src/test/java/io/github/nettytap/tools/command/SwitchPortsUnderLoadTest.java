/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ports that are removed and added by {@code ctl} while iperf3 runs through the program: so many bytes at such a rate
 * that its end means that all of them have come through.
 *
 * <pre>
 *   left (fx0) ──────► right (fx1)     keeps on
 *        └───────────► guest (fx2)     stands still while fx2 is gone, and goes on after
 * </pre>
 */
@KernelTest
class SwitchPortsUnderLoadTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final int PATIENCE_SECONDS = 60;
    private static final int SOME_BYTES = 5_000_000;
    private static final Pattern RECEIVED =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bytes\":\\s*([0-9]+)", Pattern.DOTALL);

    private final List<Process> processes = new ArrayList<>();
    private Host middle;
    private Host left;
    private Host right;
    private Host guest;

    @TempDir
    Path directory;

    @BeforeEach
    void makeNamespaces() throws Exception {
        middle = network.host();
        left = network.host();
        right = network.host();
        guest = Host.create();
    }

    @AfterEach
    void cleanUp() {
        processes.forEach(process -> process.destroyForcibly().onExit().join());
        guest.close();
    }

    @Test
    void flowBetweenOtherPortsKeepsOnAndThatOfThePortGoesOnOnceItIsBack() throws Exception {
        Path socket = directory.resolve("control");
        Ctl ctl = new Ctl(socket);
        try (HostProcess program = RunningProgram.start(
                        middle,
                        List.of("switch", "fx0", "fx1", "fx2", "--threads", "2", "--control", socket.toString()))
                .awaitLine("ready")) {
            left.take(middle.namespace(), "fx0", "10.77.0.1/24");
            right.take(middle.namespace(), "fx1", "10.77.0.2/24");
            settle();
            Flow other = iperf(right, "10.77.0.2", "400M", "100M");
            Flow own = iperf(guest, "10.77.0.3", "160M", "40M");
            awaitBytes(ctl, "fx2");

            ctl.ask("ports/remove", "fx2");
            assertThat(guest.execute("ip", "-o", "link")).doesNotContain("fx2");
            awaitBytes(ctl, "fx1");
            ctl.ask("ports/add", "fx2");
            assertThat(own.client().isAlive())
                    .as("still under way, as it stands still")
                    .isTrue();
            assertThat(other.client().isAlive())
                    .as("still under way, for the test to show something")
                    .isTrue();
            settle();

            assertThat(received(other)).isGreaterThanOrEqualTo(100_000_000);
            assertThat(received(own)).isGreaterThanOrEqualTo(40_000_000);
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output()).containsPattern("\n\\(removed\\) +[1-9]");
        }
    }

    /** With the same MAC address each time, as a machine has whose cable was pulled. */
    private void settle() throws Exception {
        middle.execute("ip", "link", "set", "fx2", "address", "02:00:00:00:00:03");
        guest.take(middle.namespace(), "fx2", "10.77.0.3/24");
    }

    /** So many bits a second until so many bytes are there. */
    private Flow iperf(Host host, String address, String rate, String bytes) throws Exception {
        Process server = host.call(() -> new ProcessBuilder("iperf3", "-s", "-1", "--forceflush").start());
        processes.add(server);
        server.inputReader().readLine();
        server.inputReader().readLine();
        List<String> command = List.of("iperf3", "-c", address, "-C", "cubic", "-b", rate, "-n", bytes, "-J");
        Path report = directory.resolve(address);
        Process client = left.call(() -> new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(report.toFile())
                .start());
        processes.add(client);
        return new Flow(client, report);
    }

    private static long received(Flow flow) throws Exception {
        assertThat(flow.client().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        String report = Files.readString(flow.report());
        Matcher sum = RECEIVED.matcher(report);
        assertThat(sum.find()).as(report).isTrue();
        return Long.parseLong(sum.group(1));
    }

    private record Flow(Process client, Path report) {}

    /** Until a port has sent some bytes more. */
    private static void awaitBytes(Ctl ctl, String port) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        long first = bytesOut(ctl, port);
        while (bytesOut(ctl, port) < first + SOME_BYTES) {
            assertThat(System.nanoTime()).as("bytes at " + port).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static long bytesOut(Ctl ctl, String port) {
        Matcher count = Pattern.compile("\"port\":\"" + port + "\".*?\"bytesOut\":([0-9]+)")
                .matcher(ctl.ask("stats", "--json"));
        assertThat(count.find()).isTrue();
        return Long.parseLong(count.group(1));
    }
}
