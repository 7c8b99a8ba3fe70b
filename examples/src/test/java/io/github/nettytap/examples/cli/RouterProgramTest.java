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

/** The router as users run it: started in one namespace, its TAPs moved to two others while it runs. */
@KernelTest
class RouterProgramTest {

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
        output = Files.createTempFile("router", ".out");
        errors = Files.createTempFile("router", ".err");
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
        Process program = startRouter("rt0=10.77.0.1/24,fd77:0::1/64", "rt1=10.77.1.1/24,fd77:1::1/64");
        move("rt0", left, "10.77.0.2/24", "fd77:0::2/64");
        move("rt1", right, "10.77.1.2/24", "fd77:1::2/64");
        run(left, "ip", "route", "add", "default", "via", "10.77.0.1");
        run(left, "ip", "route", "add", "default", "via", "fd77:0::1");
        run(right, "ip", "route", "add", "default", "via", "10.77.1.1");
        run(right, "ip", "route", "add", "default", "via", "fd77:1::1");

        assertThat(run(left, "ping", "-q", "-c", "5", "-i", "0.2", "10.77.1.2")).contains(" 0% packet loss");
        assertThat(run(left, "ping", "-q", "-c", "5", "-i", "0.2", "fd77:1::2")).contains(" 0% packet loss");

        program.destroy();
        assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isZero();
        assertThat(Files.readAllLines(output))
                .as("ready, then a table of the ports, then the fates of frames")
                .startsWith("ready")
                .anyMatch(line -> line.startsWith("rt0 "))
                .anyMatch(line -> line.startsWith("rt1 "))
                .anyMatch(line -> line.startsWith("from rt0: forwarded 1"));
        assertThat(run(left, "ip", "-o", "link")).doesNotContain("rt0");
        assertThat(run(right, "ip", "-o", "link")).doesNotContain("rt1");
    }

    @Test
    void routeToNowhereIsRefusedAndLeavesNothing() throws Exception {
        Process program = startProgram("router", "rt0=10.77.0.1/24", "--route", "0.0.0.0/0=192.0.2.1");
        assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(errors))
                .contains("netty-tap router: gateway on no network of the router: destination=0.0.0.0/0,"
                        + " gateway=192.0.2.1 (expected: an address in the network of a port)");
        assertThat(Files.readString(output)).isEmpty();
        assertThat(run(middle, "ip", "-o", "link")).doesNotContain("rt0");
    }

    private Process startRouter(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("router"));
        all.addAll(List.of(arguments));
        Process program = startProgram(all.toArray(new String[0]));
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
