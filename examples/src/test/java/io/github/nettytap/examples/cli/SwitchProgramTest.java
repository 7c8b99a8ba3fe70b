/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.test.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The program as users run it: started in one namespace, its TAPs moved to two others while it runs, and used there by
 * ping and iperf3.
 */
@KernelTest
class SwitchProgramTest {

    private final List<Process> processes = new ArrayList<>();
    private NetworkNamespace middle;
    private NetworkNamespace left;
    private NetworkNamespace right;
    private Path output;
    private Path errors;

    @BeforeEach
    void makeNamespaces() throws Exception {
        middle = NetworkNamespace.create();
        left = NetworkNamespace.create();
        right = NetworkNamespace.create();
        output = Files.createTempFile("switch", ".out");
        errors = Files.createTempFile("switch", ".err");
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        middle.close();
        left.close();
        right.close();
        Files.delete(output);
        Files.delete(errors);
    }

    @Test
    void hostsBehindMovedTapsReachEachOther() throws Exception {
        Process program = startSwitch("fx0", "fx1");
        move("fx0", left, "10.77.0.1/24", "fd77::1/64");
        move("fx1", right, "10.77.0.2/24", "fd77::2/64");

        assertThat(run(left, "ping", "-q", "-c", "5", "-i", "0.2", "10.77.0.2")).contains(" 0% packet loss");
        assertThat(run(left, "ping", "-q", "-c", "5", "-i", "0.2", "fd77::2")).contains(" 0% packet loss");
        for (String address : List.of("10.77.0.2", "fd77::2")) {
            iperf(address);
            iperf(address, "-R");
        }
        assertThat(run(left, "ip", "link", "set", "fx0", "mtu", "9000")).isEmpty();
        assertThat(run(right, "ip", "link", "set", "fx1", "mtu", "9000")).isEmpty();
        assertThat(run(left, "ping", "-q", "-c", "3", "-i", "0.2", "-s", "8000", "-M", "do", "10.77.0.2"))
                .contains(" 0% packet loss");

        program.destroy();
        assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isZero();
        assertThat(Files.readAllLines(output))
                .as("ready, then one line a port")
                .startsWith("ready")
                .anyMatch(line -> line.startsWith("fx0 "))
                .anyMatch(line -> line.startsWith("fx1 "));
        assertThat(run(left, "ip", "-o", "link")).doesNotContain("fx0");
        assertThat(run(right, "ip", "-o", "link")).doesNotContain("fx1");
    }

    @Test
    void programThatCannotOpenItsSecondTapLeavesNothing() throws Exception {
        Process program = startProgram("switch", "fx0", "lo");
        assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(errors))
                .anyMatch(line -> line.startsWith("netty-tap switch: TUNSETIFF: device=lo, errno=EINVAL: "));
        assertThat(Files.readString(output)).isEmpty();
        assertThat(run(middle, "ip", "-o", "link")).doesNotContain("fx0");
    }

    private Process startSwitch(String... taps) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("switch"));
        arguments.addAll(List.of(taps));
        Process program = startProgram(arguments.toArray(new String[0]));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.readString(output).contains("ready")) {
            assertThat(program.isAlive() && System.nanoTime() < deadline)
                    .as("waiting for ready: " + Files.readString(errors))
                    .isTrue();
            Thread.sleep(20);
        }
        return program;
    }

    private Process startProgram(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dio.netty.machineId=02:00:00:ff:fe:00:00:01",
                NettyTap.class.getName()));
        command.addAll(List.of(arguments));
        Process program = middle.call(() -> new ProcessBuilder(command)
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start());
        processes.add(program);
        return program;
    }

    /** A namespace without a name is named by a process that is in it. */
    private void move(String link, NetworkNamespace host, String... addresses) throws Exception {
        Process inside = host.call(() -> new ProcessBuilder("sleep", "1000").start());
        processes.add(inside);
        run(middle, "ip", "link", "set", link, "netns", Long.toString(inside.pid()));
        for (String address : addresses) {
            run(host, "ip", "address", "add", address, "dev", link, "nodad");
        }
        run(host, "ip", "link", "set", link, "up");
    }

    private void iperf(String address, String... options) throws Exception {
        Process server = right.call(() -> new ProcessBuilder("iperf3", "-s", "-1", "--forceflush").start());
        processes.add(server);
        server.inputReader().readLine();
        server.inputReader().readLine();
        List<String> command =
                new ArrayList<>(List.of("iperf3", "-c", address, "-C", "cubic", "-t", "1", "-f", "m", "-J"));
        command.addAll(List.of(options));
        String json = run(left, command.toArray(new String[0]));
        assertThat(json).contains("\"sum_received\"").doesNotContain("\"error\"");
        assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    private static String run(NetworkNamespace namespace, String... command) throws Exception {
        Process process = namespace.call(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("command failed: command=" + String.join(" ", command) + ", output=" + text);
        }
        return text;
    }
}
