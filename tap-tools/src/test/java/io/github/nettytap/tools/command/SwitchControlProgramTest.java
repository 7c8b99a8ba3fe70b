/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A running switch and {@code ctl}, with hosts that ping each other through it. */
@KernelTest
class SwitchControlProgramTest {

    private Host middle;
    private Host left;
    private Host right;
    private final List<Process> insiders = new ArrayList<>();

    @TempDir
    Path directory;

    @BeforeEach
    void makeNamespaces() throws Exception {
        middle = Host.create();
        left = Host.create();
        right = Host.create();
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (Process process : insiders) {
            process.destroyForcibly().waitFor();
        }
        middle.close();
        left.close();
        right.close();
    }

    @Test
    void portsAndStationsAreShownAndChangedUnderTraffic() throws Exception {
        try (HostProcess program = start("fx0", "fx1")) {
            String leftMac = move("fx0", left, "10.77.0.1/24");
            move("fx1", right, "10.77.0.2/24");
            Process ping = left.call(() -> new ProcessBuilder("ping", "-q", "-i", "0.05", "10.77.0.2").start());
            insiders.add(ping);
            assertThat(ping("10.77.0.2")).contains(" 0% packet loss");

            assertThat(ctl("ports")).isEqualTo("""
                    port  index  state       settings
                    fx0   0      forwarding
                    fx1   1      forwarding
                    """);
            assertThat(ctl("fdb/show", "port=fx0"))
                    .matches("mac +vlan  port  kind +age\n" + leftMac + "  0     fx0   learned  [0-9]+\n");
            assertThat(ctl("stats")).containsPattern("\nfx0 +[1-9]").containsPattern("\nfx1 +[1-9]");
            assertThat(ctl("fdb/flush", "port=fx0")).isEmpty();

            assertThat(ctl("ports/remove", "fx1")).isEmpty();
            assertThat(ctl("ports", "--json")).isEqualTo("""
                    {"port":"fx0","index":0,"state":"forwarding","settings":""}
                    """);
            assertThat(ctl("fdb/show", "--json")).doesNotContain("fx1");
            assertThat(ctl("ports/add", "fx2,isolated")).isEqualTo("""
                    port  index  state       settings
                    fx2   1      forwarding  isolated
                    """);
            move("fx2", right, "10.77.0.3/24");
            assertThat(ping("10.77.0.3")).contains(" 0% packet loss");

            assertThat(ctl("ports/set", "fx2,vlan=10")).isEqualTo("""
                    port  index  state       settings
                    fx2   1      forwarding  vlan=10
                    """);
            assertThat(ctl("ports/set", "fx2")).endsWith(" forwarding\n");
            assertThat(ping("10.77.0.3")).contains(" 0% packet loss");
            assertThat(ctl("tables", "--json"))
                    .matches(
                            "\\{\"table\":\"fdb\",\"entries\":[0-9]+,\"capacity\":8192,\"evicted\":0,\"refused\":0}\n");

            assertThat(program.terminate().await()).isZero();
            assertThat(program.output()).contains("\nfx0 ", "\nfx2 ").containsPattern("\n\\(removed\\) +[1-9]");
            assertThat(program.output()).doesNotContain("fx1");
            assertThat(socket()).doesNotExist();
        }
    }

    @Test
    void whatIsWrongIsTold() throws Exception {
        try (HostProcess program = start("fx0")) {
            assertThat(failing(1, "ports/remove", "fx9"))
                    .isEqualTo("netty-tap ctl: no such port: port=fx9 (expected: one of fx0)\n");
            assertThat(failing(1, "ports/add", "fx0"))
                    .isEqualTo("netty-tap ctl: a port of that name is there: port=fx0"
                            + " (expected: ports/remove it before)\n");
            assertThat(failing(1, "ports/set", "fx9"))
                    .isEqualTo("netty-tap ctl: no such port: port=fx9 (expected: one of fx0)\n");
            assertThat(failing(1, "ports/set", "fx0,offloads=none"))
                    .isEqualTo("netty-tap ctl: offloads are negotiated when a port is made: port=fx0"
                            + " (expected: no offloads=, or ports/remove and ports/add)\n");
            assertThat(failing(1, "ports/add", "lo")).startsWith("netty-tap ctl: TUNSETIFF: device=lo, errno=EINVAL: ");
            assertThat(failing(1, "ports/add", "fx1,vlan=5000"))
                    .isEqualTo("netty-tap ctl: no such VLAN: vlan=5000 (expected: 1 to 4094)\n");
            assertThat(failing(1, "fdb/show", "fx0"))
                    .isEqualTo("netty-tap ctl: no such argument: argument=fx0"
                            + " (expected: port=NAME, or none for all ports)\n");
            assertThat(failing(2, "ports/remove"))
                    .isEqualTo("netty-tap ctl: wrong number of arguments: verb=ports/remove, arguments=0"
                            + " (expected: ports/remove NAME)\ntry: netty-tap ctl --help\n");
            assertThat(ctl("ports")).contains("fx0 ").doesNotContain("fx1", "lo");
            program.terminate().await();
        }
        assertThat(failing(1, "ports"))
                .isEqualTo("netty-tap ctl: no control socket: path=" + socket() + ". Start a switch that has one:"
                        + " netty-tap switch tap0 tap1 --control " + socket() + "\n");
    }

    @Test
    void switchOfAFileIsWhatTheFileSaysUnlessTheCommandLineSaysOtherwise() throws Exception {
        Path file = Files.writeString(directory.resolve("switch.yaml"), """
                ports:
                  - name: fx0
                    vlan: 10
                    offloads: none
                  - fx1,trunk=10+20
                mtu: 9000
                control: /nowhere/at/all
                """);
        try (HostProcess program = start("--config", file.toString())) {
            assertThat(ctl("ports")).isEqualTo("""
                    port  index  state       settings
                    fx0   0      forwarding  offloads=none,vlan=10
                    fx1   1      forwarding  trunk=10+20
                    """);
            assertThat(middle.execute("ip", "link", "show", "fx1")).contains(" mtu 9000 ");
            program.terminate().await();
        }
    }

    @Test
    void fileWithAMistakeIsWrongUsage() throws Exception {
        Path file = Files.writeString(directory.resolve("switch.yaml"), "ports:\n  - name: fx0\n    vlan: 5000\n");
        StringWriter err = new StringWriter();
        assertThat(NettyTap.commandLine()
                        .setErr(new PrintWriter(err, true))
                        .execute("switch", "--config", file.toString()))
                .isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err).hasToString("netty-tap switch: " + file + ":3:11: vlan: value=5000 (expected: 1 to 4094)\n");
    }

    @Test
    void tapsOfTheCommandLineReplaceThoseOfTheFile() throws Exception {
        Path file = Files.writeString(directory.resolve("switch.yaml"), "ports: [fx0, fx1]\nmtu: 9000\n");
        try (HostProcess program = start("--config", file.toString(), "fx5", "--mtu", "1400")) {
            assertThat(ctl("ports")).contains("fx5").doesNotContain("fx0", "fx1");
            assertThat(middle.execute("ip", "link", "show", "fx5")).contains(" mtu 1400 ");
            program.terminate().await();
        }
    }

    @Test
    void pathOfSomethingElseIsNotTakenForASocket() throws Exception {
        Files.writeString(socket(), "precious");
        assertThat(failing(1, "ports"))
                .isEqualTo("netty-tap ctl: not a socket: path=" + socket()
                        + " (expected: the path that switch has in --control)\n");
    }

    @Test
    void portsThatAreTooFewAreWrongUsage() {
        StringWriter err = new StringWriter();
        assertThat(NettyTap.commandLine().setErr(new PrintWriter(err, true)).execute("switch", "fx0"))
                .isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err)
                .hasToString(
                        "netty-tap switch: too few ports: ports=1"
                                + " (expected: 2 or more, a socket that listens, or --control to add them later)\ntry: netty-tap switch --help\n");
    }

    private HostProcess start(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("switch", "--control", socket().toString()));
        all.addAll(List.of(arguments));
        return RunningProgram.start(middle, all).awaitLine("ready");
    }

    private Path socket() {
        return directory.resolve("control");
    }

    private String ctl(String... arguments) {
        return new Ctl(socket()).ask(arguments);
    }

    private String failing(int exitCode, String... arguments) {
        return new Ctl(socket()).askInVain(exitCode, arguments);
    }

    @Test
    void portsThatComeAndGoLeaveNoDescriptorAndNoThread() throws Exception {
        try (HostProcess program = start("fx0", "fx1")) {
            Ctl ctl = new Ctl(socket());
            for (int i = 0; i < 5; i++) {
                addAndRemove(ctl); // classes and threads that stay
            }
            long descriptors = count(program, "fd");
            long threads = count(program, "task");
            for (int i = 0; i < 60; i++) {
                addAndRemove(ctl);
            }
            // What removes interfaces ends when it has been idle for some seconds.
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while ((count(program, "fd") > descriptors || count(program, "task") > threads)
                    && System.nanoTime() - deadline < 0) {
                Thread.sleep(100);
            }
            assertThat(count(program, "fd")).isLessThanOrEqualTo(descriptors);
            assertThat(count(program, "task")).isLessThanOrEqualTo(threads);
        }
    }

    private static void addAndRemove(Ctl ctl) {
        ctl.ask("ports/add", "fx9");
        ctl.ask("ports/remove", "fx9");
    }

    private static long count(HostProcess program, String what) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(program.pid()), what))) {
            return entries.count();
        }
    }

    @Test
    void nameOfAnAddedPortIsNoPattern() throws Exception {
        try (HostProcess program = start("fx0", "fx1")) {
            assertThat(new Ctl(socket()).askInVain(1, "ports/add", "z%d"))
                    .isEqualTo("netty-tap ctl: the name of a port, not a pattern, is needed here: port=z%d"
                            + " (expected: the name that ports/remove will be given)\n");
            assertThat(middle.hasLink("z0")).isFalse();
            assertThat(program.terminate().await()).isZero();
        }
    }

    private String ping(String address) throws Exception {
        return left.ping(5, address);
    }

    /** Moves a TAP of the program to a host. Returns the MAC address. */
    private String move(String link, Host host, String address) throws Exception {
        host.take(middle.namespace(), link, address);
        return host.execute("ip", "-br", "link", "show", "dev", link).trim().split("\\s+")[2];
    }
}
