/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.LibC;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

@KernelTest
class MacvtapKernelTest {

    /** The node is named after the ifindex, in one directory for all namespaces: take numbers that nobody has. */
    private static final AtomicInteger NEXT =
            new AtomicInteger(40_000 + (int) (ProcessHandle.current().pid() % 20_000) * 10);

    private Host host;
    private Path node;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
        host.run("ip link add lower type bridge");
        int ifindex = NEXT.getAndIncrement();
        host.run("ip link add link lower name mv0 index " + ifindex + " type macvtap mode bridge");
        node = Path.of("/dev/tap" + ifindex);
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    @Test
    void nodeOfAMacvtapLinkOpensAsADevice() throws Exception {
        try (TapDevice tap = TapDevice.builder()
                .namespace(host.namespace())
                .node(node)
                .offloads(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6)
                .mtu(1400)
                .up(true)
                .open()) {
            assertThat(tap.name()).isEqualTo("mv0");
            assertThat(tap.vnetHeaderSize()).isEqualTo(12);
            assertThat(host.namespace().call(tap::activeOffloads))
                    .isEqualTo(tap.offloads())
                    .hasSize(3);
            assertThat(host.link("mv0").mtu()).isEqualTo(1400);
            assertThat(tap.mac()).isEqualTo(host.link("mv0").mac().orElseThrow());
        }
        assertThat(host.hasLink("mv0")).isTrue();
    }

    @Test
    void nameOfAMacvtapLinkLeadsToItsNode() throws Exception {
        try (TapDevice tap =
                host.tap("mv0").vnetHeader(true).queues(2).mtu(1400).open()) {
            assertThat(tap.name()).isEqualTo("mv0");
            assertThat(tap.queues()).hasSize(2);
            assertThat(host.link("mv0").mtu()).isEqualTo(1400);
        }
        assertThat(host.hasLink("mv0")).isTrue();
        try (TapDevice tap = host.tap("mv0").existing(true).open()) {
            assertThat(tap.name()).isEqualTo("mv0");
        }
        assertThatThrownBy(() -> host.tap("mv0").persistent(true).open())
                .hasMessageContaining("a macvtap link exists already");
        assertThatThrownBy(() -> host.tap("mv0").exclusive(true).open())
                .hasMessageContaining("a macvtap link exists already");
    }

    @Test
    void twoQueuesOpen() throws Exception {
        try (TapDevice tap = host.tap("mv0").node(node).queues(2).open()) {
            assertThat(tap.queues()).hasSize(2);
            host.namespace().call(tap::addQueue);
            assertThat(tap.queues()).hasSize(3);
        }
    }

    @Test
    void deviceIsAdopted() throws Exception {
        try (TapDevice opened = host.tap("mv0").node(node).vnetHeader(true).open();
                TapDevice adopted = host.namespace()
                        .call(() -> TapDevice.adopt(
                                LibC.get().dup(opened.queues().get(0).fd())))) {
            assertThat(adopted.name()).isEqualTo("mv0");
            assertThat(adopted.vnetHeaderSize()).isEqualTo(12);
            assertThat(adopted.offloads()).isEmpty();
        }
    }

    @Test
    void nameOfAnotherLinkIsRefused() {
        assertThatThrownBy(() -> host.tap("lower").node(node).open())
                .hasMessage(
                        "check settings: device=mv0: " + node + " belongs to this link, not to lower. Give the node of"
                                + " the right link. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#settings");
    }

    @Test
    void settingsThatAMacvtapLacksAreRefused() {
        assertThatThrownBy(() -> host.tap("mv0").node(node).persistent(true).open())
                .hasMessage(
                        "check settings: device=mv0: a macvtap link exists already and has neither owner, persistence,"
                                + " carrier nor NAPI of a TAP's kind. Leave those settings out. See"
                                + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#settings");
    }
}
