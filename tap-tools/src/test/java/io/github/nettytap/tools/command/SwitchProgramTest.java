/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The program as users run it: started in one namespace, its TAPs moved to two others while it runs, and used there by
 * ping and iperf3.
 */
@KernelTest
class SwitchProgramTest {

    private ThreeNamespaces hosts;
    private NetworkNamespace middle;
    private NetworkNamespace left;
    private NetworkNamespace right;

    @BeforeEach
    void makeNamespaces() throws Exception {
        hosts = new ThreeNamespaces();
        middle = hosts.middle();
        left = hosts.left();
        right = hosts.right();
    }

    @AfterEach
    void cleanUp() throws Exception {
        hosts.close();
    }

    @Test
    void hostsBehindMovedTapsReachEachOther() throws Exception {
        try (RunningProgram program =
                RunningProgram.start(middle, List.of("switch", "fx0", "fx1")).awaitReady()) {
            hosts.move("fx0", left, "10.77.0.1/24", "fd77::1/64");
            hosts.move("fx1", right, "10.77.0.2/24", "fd77::2/64");

            assertThat(RunningProgram.run(left, "ping", "-q", "-c", "5", "-i", "0.2", "10.77.0.2"))
                    .contains(" 0% packet loss");
            assertThat(RunningProgram.run(left, "ping", "-q", "-c", "5", "-i", "0.2", "fd77::2"))
                    .contains(" 0% packet loss");
            for (String address : List.of("10.77.0.2", "fd77::2")) {
                iperf(address);
                iperf(address, "-R");
            }
            assertThat(RunningProgram.run(left, "ip", "link", "set", "fx0", "mtu", "9000"))
                    .isEmpty();
            assertThat(RunningProgram.run(right, "ip", "link", "set", "fx1", "mtu", "9000"))
                    .isEmpty();
            assertThat(RunningProgram.run(
                            left, "ping", "-q", "-c", "3", "-i", "0.2", "-s", "8000", "-M", "do", "10.77.0.2"))
                    .contains(" 0% packet loss");

            assertThat(program.terminate().await()).isZero();
            assertThat(program.output().lines())
                    .as("ready, then one line a port")
                    .startsWith("ready")
                    .anyMatch(line -> line.startsWith("fx0 "))
                    .anyMatch(line -> line.startsWith("fx1 "));
            assertThat(RunningProgram.run(left, "ip", "-o", "link")).doesNotContain("fx0");
            assertThat(RunningProgram.run(right, "ip", "-o", "link")).doesNotContain("fx1");
        }
    }

    @Test
    void programThatCannotOpenItsSecondTapLeavesNothing() throws Exception {
        try (RunningProgram program = RunningProgram.start(middle, List.of("switch", "fx0", "lo"))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors().lines())
                    .anyMatch(line -> line.startsWith("netty-tap switch: TUNSETIFF: device=lo, errno=EINVAL: "));
            assertThat(program.output()).isEmpty();
            assertThat(RunningProgram.run(middle, "ip", "-o", "link")).doesNotContain("fx0");
        }
    }

    private void iperf(String address, String... options) throws Exception {
        Process server = right.call(() -> new ProcessBuilder("iperf3", "-s", "-1", "--forceflush").start());
        server.inputReader().readLine();
        server.inputReader().readLine();
        List<String> command =
                new ArrayList<>(List.of("iperf3", "-c", address, "-C", "cubic", "-t", "1", "-f", "m", "-J"));
        command.addAll(List.of(options));
        String json = RunningProgram.run(left, command.toArray(new String[0]));
        assertThat(json).contains("\"sum_received\"").doesNotContain("\"error\"");
        assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
}
