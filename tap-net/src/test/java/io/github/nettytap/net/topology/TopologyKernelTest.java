/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.vxlan.VxlanSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.netty.channel.Channel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A network of three switches, two routers and a faulty link between hosts with stacks of their own.
 *
 * <pre>
 *   pc ── lan ══ r1 ══ core ══ r2 ══ farm ── server
 *                  5 ms, 0.1 % loss
 * </pre>
 */
@KernelTest
class TopologyKernelTest {

    private static final LinkFaults FAULTY =
            LinkFaults.NONE.withDelay(Duration.ofMillis(5)).withLoss(0.001);

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    private Path directory;

    private Host pc;
    private Host server;

    @BeforeEach
    void makeHosts() throws Exception {
        pc = network.host();
        server = network.host();
    }

    private TapAttachment pcTap() {
        return Attachment.tap("pc0")
                .in(pc.namespace())
                .address("10.77.1.2/24")
                .address("fd77:1::2/64")
                .gateway("10.77.1.1")
                .gateway("fd77:1::1");
    }

    private TapAttachment serverTap() {
        return Attachment.tap("srv0")
                .in(server.namespace())
                .address("10.77.2.2/24")
                .gateway("10.77.2.1");
    }

    private SwitchNode.Builder lan() {
        return SwitchNode.builder("lan").port(pcTap()).port(Attachment.patch("up"));
    }

    private static SwitchNode.Builder core(LinkFaults faults) {
        return SwitchNode.builder("core").port(Attachment.patch("west"), faults).port(Attachment.patch("east"));
    }

    private Topology.Builder rest() {
        return Topology.builder()
                .node(RouterNode.builder("r1")
                        .port(Attachment.patch("up"), "10.77.1.1/24", "fd77:1::1/64")
                        .port(Attachment.patch("west"), "10.77.0.1/30")
                        .route("10.77.2.0/24", "10.77.0.2"))
                .node(RouterNode.builder("r2")
                        .port(Attachment.patch("east"), "10.77.0.2/30")
                        .port(Attachment.patch("down"), "10.77.2.1/24")
                        .route("10.77.1.0/24", "10.77.0.1"))
                .node(SwitchNode.builder("farm").port(serverTap()).port(Attachment.patch("down")));
    }

    private Topology whole() {
        return rest().node(lan()).node(core(FAULTY)).build();
    }

    private void ping(Host from, String address) throws Exception {
        from.execute("ping", "-c", "3", "-i", "0.2", "-W", "5", address);
    }

    @Test
    void hostsReachEachOtherAcrossSwitchesRoutersAndAFaultyLink() throws Exception {
        RunningTopology running = network.closing(whole().start());
        assertThat(running.nodes()).extracting(RunningNode::name).containsExactly("r1", "r2", "farm", "lan", "core");
        ping(pc, "10.77.2.2");
        ping(pc, "fd77:1::1");
        RunningPort faulty = running.node("core").orElseThrow().port("patch:west");
        assertThat(faulty.inboundFaults().frames()).isPositive();
        assertThat(pc.call(() -> InetAddress.getByName("10.77.2.2").isReachable(5_000)))
                .isTrue();
    }

    @Test
    void closingRemovesInterfacesAndRoutes() throws Exception {
        try (RunningTopology running = whole().start()) {
            assertThat(pc.hasLink("pc0")).isTrue();
            assertThat(running.topology()).isEqualTo(whole());
        }
        assertThat(pc.hasLink("pc0")).isFalse();
        assertThat(server.hasLink("srv0")).isFalse();
    }

    @Test
    void changesUnderATransferLoseNoByteOfIt() throws Exception {
        RunningTopology running = network.closing(whole().start());
        ping(pc, "10.77.2.2");
        Map<String, Channel> before = channels(running);
        Host third = network.host();
        TapAttachment thirdTap = Attachment.tap("third0").in(third.namespace()).address("10.77.1.3/24");
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<?> transfer = thread.submit(() -> {
                HashedTransfer.assertSameBytes(pc::call, server::call, InetAddress.getByName("10.77.2.2"), 200);
                return null;
            });
            for (int i = 0; i < 5; i++) {
                running.apply(rest().node(lan().port(thirdTap))
                        .node(core(LinkFaults.NONE.withDelay(Duration.ofMillis(1 + i))))
                        .node(SwitchNode.builder("spare").port(Attachment.patch("spare")))
                        .node(SwitchNode.builder("spare2").port(Attachment.patch("spare")))
                        .build());
                ping(third, "10.77.1.2");
                running.apply(whole());
                assertThat(third.hasLink("third0")).isFalse();
            }
            transfer.get();
        } finally {
            thread.shutdown();
        }
        assertThat(channels(running)).isEqualTo(before);
    }

    private static Map<String, Channel> channels(RunningTopology running) {
        Map<String, Channel> channels = new TreeMap<>();
        running.nodes().forEach(node -> node.ports().forEach(port -> channels.put(port.toString(), port.channel())));
        return channels;
    }

    @Test
    void sameNetworkAgainChangesNothing() throws Exception {
        RunningTopology running = network.closing(whole().start());
        assertThat(running.apply(whole())).isEmpty();
    }

    @Test
    void policyOfAPortChangesWhileItIsOpen() throws Exception {
        RunningTopology running = network.closing(whole().start());
        ping(pc, "10.77.2.2");
        Channel before = running.node("lan").orElseThrow().port("pc0").channel();
        PortPolicy elsewhere = PortPolicy.builder().vlans(PortVlans.access(7)).build();
        SwitchNode.Builder lan =
                SwitchNode.builder("lan").port(PortSpec.of(pcTap(), elsewhere)).port(Attachment.patch("up"));
        assertThat(running.apply(rest().node(lan).node(core(FAULTY)).build())).containsExactly("changed lan/pc0");
        pc.executeFailing("ping", "-c", "1", "-W", "1", "10.77.2.2");
        assertThat(running.apply(whole())).containsExactly("changed lan/pc0");
        ping(pc, "10.77.2.2");
        assertThat(running.node("lan").orElseThrow().port("pc0").channel()).isSameAs(before);
    }

    @Test
    void routerPortWithOtherAddressesIsOpenedAnew() throws Exception {
        RunningTopology running = network.closing(whole().start());
        ping(pc, "10.77.2.2");
        Channel core = running.node("core").orElseThrow().port("patch:west").channel();
        Topology other = Topology.builder()
                .node(RouterNode.builder("r1")
                        .port(Attachment.patch("up"), "10.77.1.9/24")
                        .port(Attachment.patch("west"), "10.77.0.1/30")
                        .route("10.77.2.0/24", "10.77.0.2"))
                .node(whole().node("r2").orElseThrow())
                .node(whole().node("farm").orElseThrow())
                .node(SwitchNode.builder("lan")
                        .port(Attachment.tap("pc0")
                                .in(pc.namespace())
                                .address("10.77.1.2/24")
                                .gateway("10.77.1.9"))
                        .port(Attachment.patch("up")))
                .node(core(FAULTY))
                .build();
        running.apply(other);
        ping(pc, "10.77.2.2");
        assertThat(running.node("core").orElseThrow().port("patch:west").channel())
                .isSameAs(core);
        RunningRouter r1 = (RunningRouter) running.node("r1").orElseThrow();
        assertThat(r1.router().routes())
                .extracting(entry -> entry.destination() + " " + entry.port())
                .containsExactly("10.77.0.1/30 patch:west", "10.77.1.9/24 patch:up", "10.77.2.0/24 patch:west");
    }

    @Test
    void routersAreJoinedByACableAndReachTheirTaps() throws Exception {
        network.closing(Topology.builder()
                .node(RouterNode.builder("r1")
                        .port(pcTap(), "10.77.1.1/24", "fd77:1::1/64")
                        .port(Attachment.patch("between"), "10.77.0.1/30")
                        .route("0.0.0.0/0", "10.77.0.2"))
                .node(RouterNode.builder("r2")
                        .port(serverTap(), "10.77.2.1/24")
                        .port(Attachment.patch("between"), "10.77.0.2/30")
                        .route("0.0.0.0/0", "10.77.0.1"))
                .build()
                .start());
        ping(pc, "10.77.2.2");
    }

    @Test
    void interfaceThatWasDeletedComesBack() throws Exception {
        RunningTopology running = network.closing(whole().start());
        RunningPort port = running.node("lan").orElseThrow().port("pc0");
        pc.execute("ip", "link", "delete", "pc0");
        port.channel().closeFuture().sync();
        assertThat(running.apply(whole())).containsExactly("closed lan/pc0", "opened lan/pc0");
        ping(pc, "10.77.2.2");
    }

    @Test
    void captureBeginsAndEndsWhileFramesPass() throws Exception {
        Path file = directory.resolve("pc.pcapng");
        RunningTopology running = network.closing(whole().start());
        SwitchNode.Builder captured = SwitchNode.builder("lan")
                .port(PortSpec.of((Attachment) pcTap(), PortPolicy.DEFAULT).withCapture(file))
                .port(Attachment.patch("up"));
        running.apply(rest().node(captured).node(core(FAULTY)).build());
        ping(pc, "10.77.2.2");
        running.apply(whole());
        assertThat(file).exists();
        int frames = 0;
        try (CaptureReader reader = CaptureReader.open(file)) {
            while (reader.next() != null) {
                frames++;
            }
        }
        assertThat(frames).isGreaterThanOrEqualTo(6);
    }

    @Test
    void eachFailureOfTheKernelLeavesNothing() throws Exception {
        pc.execute("ip", "link", "add", "taken0", "type", "veth", "peer", "name", "taken1");
        try (DatagramSocket taken = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0))) {
            List<Node> failing = List.of(
                    SwitchNode.builder("bad")
                            .port(Attachment.tap("taken0").in(pc.namespace()))
                            .build(),
                    SwitchNode.builder("bad")
                            .port(Attachment.tap("bad0").in("no-such-namespace"))
                            .build(),
                    SwitchNode.builder("bad")
                            .port(Attachment.socket("unix:" + directory + "/missing/lan.sock"))
                            .build(),
                    SwitchNode.builder("bad")
                            .port(PortSpec.of(
                                            (Attachment) Attachment.tap("bad0").in(pc.namespace()), PortPolicy.DEFAULT)
                                    .withCapture(directory.resolve("missing/file.pcapng")))
                            .build(),
                    RouterNode.builder("bad")
                            .port(Attachment.socket("unix:" + directory + "/missing/lan.sock"), "10.78.0.1/24")
                            .build(),
                    new VxlanNode(
                            "bad",
                            new VxlanSettings(new InetSocketAddress("127.0.0.1", taken.getLocalPort())),
                            List.of()));
            for (Node bad : failing) {
                Topology next = rest().node(lan()).node(core(FAULTY)).node(bad).build();
                assertThatThrownBy(next::start).as(bad.toString()).isInstanceOf(IOException.class);
                assertThat(pc.hasLink("pc0")).isFalse();
                assertThat(pc.hasLink("bad0")).isFalse();
                assertThat(server.hasLink("srv0")).isFalse();
            }
            RunningTopology running = network.closing(whole().start());
            Map<String, Channel> before = channels(running);
            for (Node bad : failing) {
                Topology next = rest().node(lan()).node(core(FAULTY)).node(bad).build();
                assertThatThrownBy(() -> running.apply(next)).as(bad.toString()).isInstanceOf(IOException.class);
                assertThat(running.topology()).isEqualTo(whole());
                assertThat(channels(running)).isEqualTo(before);
            }
            ping(pc, "10.77.2.2");
        }
    }

    @Test
    void switchesOfTwoNetworksAreJoinedBySocket() throws Exception {
        String path = directory + "/lan.sock";
        RunningTopology one = network.closing(Topology.builder()
                .node(SwitchNode.builder("one")
                        .port(Attachment.tap("pc0").in(pc.namespace()).address("10.79.0.1/24"))
                        .port(Attachment.socket("unix:" + path), LinkFaults.NONE.withDelay(Duration.ofMillis(2))))
                .build()
                .start());
        network.closing(Topology.builder()
                .node(RouterNode.builder("two").port(Attachment.socket("unix-connect:" + path), "10.79.0.2/24"))
                .build()
                .start());
        ping(pc, "10.79.0.2");
        assertThat(((RunningSwitch) one.node("one").orElseThrow()).lan().ports())
                .hasSize(2);
    }
}
