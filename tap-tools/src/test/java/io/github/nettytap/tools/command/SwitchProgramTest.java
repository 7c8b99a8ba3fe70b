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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The program as users run it: started in one namespace, its TAPs moved to two others while it runs, and used there by
 * ping and iperf3.
 */
@KernelTest
class SwitchProgramTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private Host middle;
    private Host left;
    private Host right;

    @BeforeEach
    void makeNamespaces() throws Exception {
        middle = network.host();
        left = network.host();
        right = network.host();
    }

    @Test
    void hostsBehindMovedTapsReachEachOther() throws Exception {
        try (HostProcess program =
                RunningProgram.start(middle, List.of("switch", "fx0", "fx1")).awaitLine("ready")) {
            left.take(middle.namespace(), "fx0", "10.77.0.1/24", "fd77::1/64");
            right.take(middle.namespace(), "fx1", "10.77.0.2/24", "fd77::2/64");

            assertThat(left.ping(5, "10.77.0.2")).contains(" 0% packet loss");
            assertThat(left.ping(5, "fd77::2")).contains(" 0% packet loss");
            for (String address : List.of("10.77.0.2", "fd77::2")) {
                iperf(address);
                iperf(address, "-R");
            }
            assertThat(left.execute("ip", "link", "set", "fx0", "mtu", "9000")).isEmpty();
            assertThat(right.execute("ip", "link", "set", "fx1", "mtu", "9000")).isEmpty();
            assertThat(left.ping(3, "10.77.0.2", "-s", "8000", "-M", "do")).contains(" 0% packet loss");

            assertThat(program.terminate().await()).isZero();
            assertThat(program.output().lines())
                    .as("ready, then one line a port")
                    .startsWith("ready")
                    .anyMatch(line -> line.startsWith("fx0 "))
                    .anyMatch(line -> line.startsWith("fx1 "));
            assertThat(left.execute("ip", "-o", "link")).doesNotContain("fx0");
            assertThat(right.execute("ip", "-o", "link")).doesNotContain("fx1");
        }
    }

    @Test
    void programThatCannotOpenItsSecondTapLeavesNothing() throws Exception {
        try (HostProcess program = RunningProgram.start(middle, List.of("switch", "fx0", "lo"))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors().lines())
                    .anyMatch(line -> line.startsWith("netty-tap switch: TUNSETIFF: device=lo, errno=EINVAL: "));
            assertThat(program.output()).isEmpty();
            assertThat(middle.execute("ip", "-o", "link")).doesNotContain("fx0");
        }
    }

    private void iperf(String address, String... options) throws Exception {
        Process server = right.call(() -> new ProcessBuilder("iperf3", "-s", "-1", "--forceflush").start());
        server.inputReader().readLine();
        server.inputReader().readLine();
        List<String> command =
                new ArrayList<>(List.of("iperf3", "-c", address, "-C", "cubic", "-t", "1", "-f", "m", "-J"));
        command.addAll(List.of(options));
        String json = left.execute(command.toArray(new String[0]));
        assertThat(json).contains("\"sum_received\"").doesNotContain("\"error\"");
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
}
