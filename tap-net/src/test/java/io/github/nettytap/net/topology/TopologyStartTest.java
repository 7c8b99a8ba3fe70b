/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.PatchChannel;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** All or nothing, where each step of the opening fails in turn. The ports are cables whose other end is free. */
class TopologyStartTest {

    private static final int PORTS = 4;

    private final List<Channel> opened = new CopyOnWriteArrayList<>();
    private final List<String> reported = new CopyOnWriteArrayList<>();

    /** Where it fails. */
    enum Step {
        OPEN,
        REGISTER,
        UP
    }

    /** A kind of port that is none of those that there are. */
    private final class Fake implements ChannelAttachment {

        private final String name;
        private final Step failing;

        Fake(String name, Step failing) {
            this.name = name;
            this.failing = failing;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Opened open(VnetHeader vnetHeader) throws IOException {
            if (failing == Step.OPEN) {
                throw new IOException("does not open: " + name);
            }
            Channel channel = PatchChannel.pair(name, name + " free", vnetHeader)[0];
            opened.add(channel);
            if (failing == Step.REGISTER) {
                channel.unsafe().closeForcibly();
            }
            return new Opened(channel, TapOffload.ALL, 1500, () -> {
                if (failing == Step.UP) {
                    throw new IOException("does not come up: " + name);
                }
            });
        }
    }

    private final TopologyListener listener = new TopologyListener() {
        @Override
        public void opened(RunningPort port) {
            reported.add("+" + port);
        }

        @Override
        public void closing(RunningPort port) {
            reported.add("-" + port);
        }
    };

    /** A switch and a router with ports of which one fails, and a cable between them. */
    private Topology network(int bad, Step step) {
        SwitchNode.Builder lan = SwitchNode.builder("lan").port(Attachment.patch("up"));
        RouterNode.Builder router = RouterNode.builder("r").port(Attachment.patch("up"), "10.0.0.1/24");
        for (int i = 0; i < PORTS; i++) {
            lan.port(new Fake("s" + i, i == bad ? step : null));
            router.port(new Fake("r" + i, i + PORTS == bad ? step : null), "10.1." + i + ".1/24");
        }
        return Topology.builder().node(lan).node(router).build();
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void whatWasOpenedIsClosedWhereAStepFails(Step step) throws Exception {
        for (int bad = 0; bad < 2 * PORTS; bad++) {
            opened.clear();
            Topology network = network(bad, step);
            assertThatThrownBy(() -> network.start(listener)).as("port %s", bad).isInstanceOf(Exception.class);
            assertThat(opened).noneMatch(Channel::isOpen);
            assertThat(opened).noneMatch(Channel::isRegistered);
        }
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void networkIsAsBeforeWhereAChangeFails(Step step) throws Exception {
        SwitchNode kept = SwitchNode.builder("kept").port(new Fake("k0", null)).build();
        Topology before = Topology.builder().node(kept).build();
        try (RunningTopology running = before.start(listener)) {
            List<Channel> channels = List.copyOf(opened);
            for (int bad = 0; bad < 2 * PORTS; bad++) {
                Topology.Builder next = Topology.builder().node(kept);
                network(bad, step).nodes().forEach(next::node);
                Topology network = next.build();
                assertThatThrownBy(() -> running.apply(network)).isInstanceOf(Exception.class);
                assertThat(running.topology()).isEqualTo(before);
                assertThat(running.nodes()).extracting(RunningNode::name).containsExactly("kept");
                assertThat(opened).filteredOn(Channel::isOpen).isEqualTo(channels);
            }
        }
        assertThat(opened).noneMatch(Channel::isOpen);
    }

    @Test
    void everyPortThatIsReportedOpenIsReportedClosing() throws Exception {
        try (RunningTopology running = network(-1, null).start(listener)) {
            running.apply(Topology.builder()
                    .node(SwitchNode.builder("lan").port(Attachment.patch("up")))
                    .node(SwitchNode.builder("other").port(Attachment.patch("up")))
                    .build());
            assertThat(running.nodes()).extracting(RunningNode::name).containsExactly("lan", "other");
            assertThat(running.node("lan").orElseThrow().port("patch:up").isOpen())
                    .isTrue();
        }
        List<String> open = new ArrayList<>();
        for (String report : reported) {
            if (report.startsWith("+")) {
                open.add(report.substring(1));
            } else {
                assertThat(open.remove(report.substring(1))).as(report).isTrue();
            }
        }
        assertThat(open).isEmpty();
    }

    @Test
    void headerAndLoopsCannotChange() throws Exception {
        try (RunningTopology running = network(-1, null).start()) {
            assertThatThrownBy(() -> running.apply(
                            Topology.builder().vnetHeader(VnetHeader.NONE).build()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("io and virtio-net header cannot change while the network runs: io=EPOLL");
            assertThat(running.nodes()).hasSize(2);
        }
    }
}
