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

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The router as users run it: started in one namespace, its TAPs moved to two others while it runs. */
@KernelTest
class RouterProgramTest {

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
        try (HostProcess program = RunningProgram.start(
                        middle, List.of("router", "rt0=10.77.0.1/24,fd77:0::1/64", "rt1=10.77.1.1/24,fd77:1::1/64"))
                .awaitLine("ready")) {
            left.take(middle.namespace(), "rt0", "10.77.0.2/24", "fd77:0::2/64");
            right.take(middle.namespace(), "rt1", "10.77.1.2/24", "fd77:1::2/64");
            left.execute("ip", "route", "add", "default", "via", "10.77.0.1");
            left.execute("ip", "route", "add", "default", "via", "fd77:0::1");
            right.execute("ip", "route", "add", "default", "via", "10.77.1.1");
            right.execute("ip", "route", "add", "default", "via", "fd77:1::1");

            assertThat(left.ping(5, "10.77.1.2")).contains(" 0% packet loss");
            assertThat(left.ping(5, "fd77:1::2")).contains(" 0% packet loss");

            assertThat(program.terminate().await()).isZero();
            assertThat(program.output().lines())
                    .as("ready, then a table of the ports, then the fates of frames")
                    .startsWith("ready")
                    .anyMatch(line -> line.startsWith("rt0 "))
                    .anyMatch(line -> line.startsWith("rt1 "))
                    .anyMatch(line -> line.startsWith("from rt0: forwarded 1"));
            assertThat(left.execute("ip", "-o", "link")).doesNotContain("rt0");
            assertThat(right.execute("ip", "-o", "link")).doesNotContain("rt1");
        }
    }

    @Test
    void clientsAreToldTheNameServersOfTheCommandLine() throws Exception {
        Path script = Files.createTempFile("udhcpc", ".sh");
        Files.writeString(script, "#!/bin/sh\necho \"$1 $ip dns $dns\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        try (HostProcess program = RunningProgram.start(
                        middle,
                        List.of(
                                "router",
                                "rt0=10.77.0.1/24,dhcp=10.77.0.100-10.77.0.199",
                                "--dns",
                                "192.0.2.53",
                                "--dns",
                                "192.0.2.54"))
                .awaitLine("ready")) {
            left.take(middle.namespace(), "rt0");
            assertThat(left.execute(
                            "busybox", "udhcpc", "-f", "-q", "-n", "-t", "20", "-i", "rt0", "-s", script.toString()))
                    .contains("bound 10.77.0.100 dns 192.0.2.53 192.0.2.54");
            assertThat(program.terminate().await()).isZero();
        } finally {
            Files.delete(script);
        }
    }

    @Test
    void nameServerThatIsNoneIsRefused() throws Exception {
        assertRefused(
                2,
                "netty-tap router: Invalid value for option '--dns' (ADDRESS): not an IP address: text=example.org"
                        + " (expected: one like 192.0.2.1 or 2001:db8::1)",
                "rt0=10.77.0.1/24",
                "--dns",
                "example.org");
    }

    @Test
    void portsThatGetInEachOthersWayAreRefused() throws Exception {
        assertRefused(
                2,
                "netty-tap router: a port is there twice: port=rt0 (expected: once)",
                "rt0=10.0.0.1/24",
                "rt0=10.0.1.1/24");
        assertRefused(
                1,
                "netty-tap router: network of two ports: network=10.77.0.5/24, port=rt0 (expected: a network of its own"
                        + " behind each)",
                "rt0=10.77.0.1/24",
                "rt1=10.77.0.5/24");
    }

    private void assertRefused(int exitCode, String message, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("router"));
        command.addAll(List.of(arguments));
        try (HostProcess program = RunningProgram.start(middle, command)) {
            assertThat(program.await()).isEqualTo(exitCode);
            assertThat(program.errors().lines()).contains(message);
            assertThat(middle.execute("ip", "-o", "link")).doesNotContain("rt0", "rt1");
        }
    }

    @Test
    void routeToNowhereIsRefusedAndLeavesNothing() throws Exception {
        try (HostProcess program =
                RunningProgram.start(middle, List.of("router", "rt0=10.77.0.1/24", "--route", "0.0.0.0/0=192.0.2.1"))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors().lines())
                    .contains("netty-tap router: gateway on no network of the router: destination=0.0.0.0/0,"
                            + " gateway=192.0.2.1 (expected: an address in the network of a port)");
            assertThat(program.output()).isEmpty();
            assertThat(middle.execute("ip", "-o", "link")).doesNotContain("rt0");
        }
    }
}
