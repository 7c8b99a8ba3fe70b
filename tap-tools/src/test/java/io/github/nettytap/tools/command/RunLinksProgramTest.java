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

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code netty-tap run} with links of the kernel, and with tunnels between nodes of one file. */
@KernelTest
class RunLinksProgramTest {

    private static final int CHUNKS = 30;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path directory;

    private Host near;
    private Host far;

    @BeforeEach
    void connect() throws Exception {
        near = network.host();
        far = network.host();
        near.execute("ip", "link", "set", "lo", "up");
        veth();
    }

    private void veth() throws Exception {
        near.execute("ip", "link", "add", "up0", "type", "veth", "peer", "name", "eth0");
        near.execute("ip", "link", "set", "up0", "up");
        far.take(near.namespace(), "eth0", "10.92.0.2/24");
    }

    private HostProcess run(String lab) throws Exception {
        Path file = directory.resolve("lab.yaml");
        Files.writeString(file, lab);
        return RunningProgram.start(near, List.of("run", file.toString(), "--control", socket().toString()))
                .awaitLine("ready");
    }

    private Path socket() {
        return directory.resolve("control.sock");
    }

    private void transferBothWays(String nearAddress, String farAddress) throws Exception {
        HashedTransfer.assertSameBytes(near::call, far::call, InetAddress.getByName(farAddress), CHUNKS);
        HashedTransfer.assertSameBytes(far::call, near::call, InetAddress.getByName(nearAddress), CHUNKS);
    }

    @Test
    void aRouterHasAnUplinkThatComesBackAfterItWasDeleted() throws Exception {
        try (HostProcess program = run("""
                switches:
                  lan:
                    ports:
                      - {name: tap0, interface: {addresses: 10.93.0.2/24, gateway: 10.93.0.1}}
                      - patch:up
                routers:
                  gate:
                    ports: ["patch:up=10.93.0.1/24", {name: if:up0, addresses: 10.92.0.1/24, nat: true}]
                """)) {
            HashedTransfer.assertSameBytes(near::call, far::call, InetAddress.getByName("10.92.0.2"), CHUNKS);
            assertThat(new Ctl(socket()).ask("topology"))
                    .contains("{\"name\":\"gate/if:up0\",\"kind\":\"link\",\"label\":\"if:up0\",\"detail\":\"\"}");
            near.execute("ip", "link", "delete", "up0");
            while (!new Ctl(socket()).ask("ports", "node=gate").contains("lost")) {
                Thread.sleep(20);
            }
            veth();
            assertThat(new Ctl(socket()).ask("reload").lines())
                    .containsExactly("change", "closed gate/if:up0", "opened gate/if:up0");
            HashedTransfer.assertSameBytes(near::call, far::call, InetAddress.getByName("10.92.0.2"), CHUNKS);
            assertThat(program.terminate().await()).isNotNegative();
            assertThat(program.output()).containsPattern("\ngate/if:up0 +[1-9]");
        }
    }

    /** TCP from the far end of the veth through one endpoint and the other to the kernel of the TAP. */
    @Test
    void twoTunnelEndpointsOfOneFileJoinALinkAndATap() throws Exception {
        try (HostProcess program = run("""
                vxlan:
                  west: {local: 127.0.0.1, remote: 127.0.0.2, ports: ["if:up0,vni=7"]}
                  east:
                    local: 127.0.0.2
                    remote: 127.0.0.1
                    ports: [{name: tap0, vni: 7, interface: {addresses: 10.92.0.1/24, mtu: 1500}}]
                """)) {
            transferBothWays("10.92.0.1", "10.92.0.2");
            assertThat(new Ctl(socket()).ask("nodes").lines())
                    .filteredOn(line -> line.contains("vxlan"))
                    .hasSize(2);
            assertThat(program.terminate().await()).isZero();
        }
    }

    @Test
    void theTunnelProgramHasALinkAsItsPort() throws Exception {
        try (HostProcess west = RunningProgram.start(
                                near, List.of("vxlan", "if:up0,vni=7", "--local=127.0.0.1", "--remote=127.0.0.2"))
                        .awaitLine("ready");
                HostProcess east = RunningProgram.start(
                                near,
                                List.of("vxlan", "tap0,vni=7", "--mtu=1500", "--local=127.0.0.2", "--remote=127.0.0.1"))
                        .awaitLine("ready")) {
            near.execute("ip", "address", "add", "10.92.0.1/24", "dev", "tap0");
            transferBothWays("10.92.0.1", "10.92.0.2");
            assertThat(west.terminate().await()).isZero();
            assertThat(east.terminate().await()).isZero();
        }
    }
}
