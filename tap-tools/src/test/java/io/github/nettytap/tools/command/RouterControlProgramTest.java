/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A router with a server behind it, asked by {@code ctl}. */
@KernelTest
class RouterControlProgramTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path folder;

    private Host middle;

    @BeforeEach
    void makeNamespace() throws Exception {
        middle = network.host();
    }

    @Test
    void forwardedPortsAndTablesAreShown() throws Exception {
        Host inside = network.host();
        Host outside = network.host();
        Path socket = folder.resolve("control.sock");
        Ctl ctl = new Ctl(socket);
        List<String> command = List.of(
                "router",
                "rt0=10.77.0.1/24,dhcp=10.77.0.100-10.77.0.109",
                "rt1=192.0.2.1/24,nat,forward=tcp:2222->10.77.0.2:22",
                "--nat-connections",
                "100",
                "--control",
                socket.toString());
        try (HostProcess program = RunningProgram.start(middle, command).awaitLine("ready")) {
            inside.take(middle.namespace(), "rt0", "10.77.0.2/24");
            inside.execute("ip", "route", "add", "default", "via", "10.77.0.1");
            outside.take(middle.namespace(), "rt1", "192.0.2.2/24");
            HashedTransfer.assertSameBytes(
                    outside::call,
                    inside::call,
                    new InetSocketAddress("10.77.0.2", 22),
                    new InetSocketAddress("192.0.2.1", 2222),
                    4);

            assertThat(ctl.ask("forwards").lines())
                    .first()
                    .asString()
                    .matches("forward +outside +open +accepted +refused");
            assertThat(ctl.ask("forwards").lines())
                    .last()
                    .asString()
                    .matches("tcp:2222->10\\.77\\.0\\.2:22 +192\\.0\\.2\\.1 +1 +1 +0");
            assertThat(ctl.ask("tables").lines())
                    .anyMatch(line -> line.matches("neighbors +[0-9]+ +65536 +0 +0"))
                    .anyMatch(line -> line.matches("nat +1 +100 +0 +0"))
                    .anyMatch(line -> line.matches("leases of rt0 +0 +10 +0 +0"));
            assertThat(ctl.ask("ports").lines())
                    .anyMatch(line -> line.matches("rt1 +1 +forwarding +192\\.0\\.2\\.1/24,nat,mac=.*"));
            assertThat(ctl.ask("stats").lines()).anyMatch(line -> line.startsWith("rt0 "));
            assertThat(ctl.ask("stats", "--json"))
                    .contains("\"natEvicted\":0,\"natRefused\":0")
                    .contains("\"forwardsAccepted\":1,\"forwardsRefused\":0");
            assertThat(ctl.ask("help")).contains("forwards").doesNotContain("fdb/show");
            assertThat(ctl.askInVain(1, "fdb/show"))
                    .contains(
                            "no verb of this program: verb=fdb/show (expected: ports, tables, forwards, stats, help)");
            assertThat(program.terminate().await()).isZero();
        }
    }

    @Test
    void sizesAndTimeoutsThatAreNoneAreRefused() throws Exception {
        assertRefused("no such numbers of connections: connections=0", "--nat-connections", "0");
        assertRefused("no such timeout: udp=PT0.1S (expected: 1 second to 30 days)", "--nat-udp-timeout", "100ms");
        assertRefused(
                "not more for a host than for all", "--nat-connections", "10", "--nat-connections-per-host", "11");
    }

    private void assertRefused(String message, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("router", "rt0=10.77.0.1/24"));
        command.addAll(List.of(options));
        try (HostProcess program = RunningProgram.start(middle, command)) {
            assertThat(program.await()).isEqualTo(2);
            assertThat(program.errors()).contains(message);
        }
    }
}
