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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Links of the kernel as ports of the programs: one end of a veth pair, whose other end another host has. */
@KernelTest
@Timeout(300)
class LinkPortProgramTest {

    private static final int CHUNKS = 50;

    private final Host near = Host.create();
    private final Host far = Host.create();

    LinkPortProgramTest() throws Exception {}

    @BeforeEach
    void connect() throws Exception {
        near.execute("ip", "link", "add", "up0", "type", "veth", "peer", "name", "eth0");
        near.execute("ip", "link", "set", "up0", "up");
        far.take(near.namespace(), "eth0", "10.66.0.2/24");
    }

    @AfterEach
    void close() {
        far.close();
        near.close();
    }

    private HostProcess start(String... arguments) throws Exception {
        return startOn(near, arguments);
    }

    private static HostProcess startOn(Host host, String... arguments) throws Exception {
        return RunningProgram.start(host, List.of(arguments)).awaitLine("ready");
    }

    /** With offloads, so GSO frames in both directions; those of the trunk have tags, which the kernel takes out. */
    @ParameterizedTest
    @ValueSource(strings = {"epoll", "io_uring"})
    void aSwitchCarriesTcpAndTagsBetweenALinkAndATap(String io) throws Exception {
        try (HostProcess program =
                        start("switch", "tap0,vlan=1", "red0,vlan=100", "if:up0,trunk=100,native=1", "--io", io);
                HostProcess farProgram = startOn(far, "switch", "red0,vlan=100", "if:eth0,trunk=100", "--io", io)) {
            near.execute("ip", "address", "add", "10.66.0.1/24", "dev", "tap0");
            transferBothWays("10.66.0.1", "10.66.0.2");
            near.execute("ip", "address", "add", "10.67.0.1/24", "dev", "red0");
            far.execute("ip", "address", "add", "10.67.0.2/24", "dev", "red0");
            transferBothWays("10.67.0.1", "10.67.0.2");
            assertThat(farProgram.terminate().await()).isZero();
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output()).contains("if:up0");
        }
    }

    private void transferBothWays(String nearAddress, String farAddress) throws Exception {
        HashedTransfer.assertSameBytes(near::call, far::call, InetAddress.getByName(farAddress), CHUNKS);
        HashedTransfer.assertSameBytes(far::call, near::call, InetAddress.getByName(nearAddress), CHUNKS);
    }

    @Test
    void aPortOfAFileHasSettingsAndALinkThatIsDeletedIsReported() throws Exception {
        Path file = Files.createTempFile("switch", ".yaml");
        try {
            Files.writeString(file, "ports:\n  - name: if:up0\n    vlan: 10\n  - tap0,vlan=10\n  - tap1,vlan=20\n");
            try (HostProcess program = start("switch", "--config", file.toString())) {
                near.execute("ip", "address", "add", "10.66.0.1/24", "dev", "tap0");
                HashedTransfer.assertSameBytes(near::call, far::call, InetAddress.getByName("10.66.0.2"), 1);
                near.execute("ip", "link", "delete", "up0");
                while (!program.errors().contains("if:up0")) {
                    Thread.sleep(20);
                }
                assertThat(program.terminate().await()).isNotNegative();
            }
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void aRouterHasAddressesOfItsOwnOnALink() throws Exception {
        try (HostProcess program = start("router", "if:up0=10.66.0.1/24", "tap0=10.68.0.1/24")) {
            near.execute("ip", "address", "add", "10.68.0.2/24", "dev", "tap0");
            near.execute("ip", "route", "add", "10.66.0.0/24", "via", "10.68.0.1");
            far.execute("ip", "route", "add", "10.68.0.0/24", "via", "10.66.0.1");
            transferBothWays("10.68.0.2", "10.66.0.2");
            assertThat(program.terminate().await()).isZero();
        }
    }

    /** In the mode passthru, the lower link takes frames for any MAC address in, as a switch needs it. */
    @Test
    void aMacvtapIsAPortByItsName() throws Exception {
        // The node is named after the ifindex, in one directory for all namespaces: a number that nobody has.
        long index = 1_000_000 + ProcessHandle.current().pid();
        near.execute(
                "ip",
                "link",
                "add",
                "link",
                "up0",
                "name",
                "mv0",
                "index",
                "" + index,
                "type",
                "macvtap",
                "mode",
                "passthru");
        try (HostProcess program = start("switch", "tap0", "mv0")) {
            near.execute("ip", "address", "add", "10.66.0.1/24", "dev", "tap0");
            transferBothWays("10.66.0.1", "10.66.0.2");
            assertThat(program.terminate().await()).isZero();
            assertThat(near.hasLink("mv0")).as("it was there before").isTrue();
        }
    }

    @Test
    void noSuchLinkIsSaidInAParagraph() throws Exception {
        try (HostProcess program = RunningProgram.start(near, List.of("switch", "tap0", "if:nosuch"))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors())
                    .contains("find link: device=nosuch, errno=ENODEV: there is no interface of this name");
        }
        try (HostProcess program = RunningProgram.start(near, List.of("switch", "tap0", "if:"))) {
            assertThat(program.await()).isEqualTo(2);
            assertThat(program.errors()).contains("no link: port=if: (expected: if:NAME, such as if:eth0)");
        }
    }
}
