/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.ReservedGroup;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.NoMemory;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * What bridges do by the standards and the kernel's does, with all ports on one event loop and with ports on several.
 */
@ParameterizedClass
@ValueSource(ints = {1, 3})
class SwitchByTheBookTest {

    private static final String BROADCAST = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final String BODY = "0800010203";
    private static final PortPolicy VLAN_10 =
            PortPolicy.builder().vlans(PortVlans.access(10)).build();

    private final int threads;
    private MemoryLan lan;

    SwitchByTheBookTest(int threads) {
        this.threads = threads;
        lan = new MemoryLan(threads);
    }

    @AfterEach
    void close() {
        lan.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"000000000000", "01005e000001", "ffffffffffff", "030000000001"})
    void framesFromGroupsAndFromZeroAreDroppedAndCounted(String source) {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host(PortPolicy.builder().isolated(true).build());
        a.send(BROADCAST + source + BODY);
        b.send(A + source + BODY);
        assertThat(b.nothingComes()).isTrue();
        assertThat(a.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.INVALID_SOURCE)).isEqualTo(1);
        assertThat(lan.port(1).dropped(PolicyDrop.INVALID_SOURCE)).isEqualTo(1);
        assertThat(lan.port(0).drops()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"8100, 8100", "8100, 88a8", "88a8, 8100", "88a8, 88a8"})
    void anAccessPortTakesNoSecondTagBehindAPriority(String outer, String inner) {
        MemoryLan.Host a = lan.host(VLAN_10);
        MemoryLan.Host trunk = lan.host(PortPolicy.builder()
                .vlans(PortVlans.trunk(List.of(20)).withNative(10))
                .build());
        a.send(BROADCAST + A + outer + "6000" + inner + "0014" + BODY);
        trunk.send(BROADCAST + B + outer + "6000" + inner + "0014" + BODY);
        assertThat(trunk.nothingComes()).isTrue();
        assertThat(a.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.VLAN)).isEqualTo(1);
        assertThat(lan.port(1).dropped(PolicyDrop.VLAN)).isEqualTo(1);
        a.send(BROADCAST + A + outer + "6000" + BODY);
        assertThat(trunk.receive()).as("a priority alone passes").isEqualTo(BROADCAST + A + BODY);
    }

    @Test
    void reservedGroupsThatAreToBeForwardedAreAndOthersAreNot() {
        lan.close();
        lan = new MemoryLan(
                threads, SwitchSettings.DEFAULT.withForwarded(Set.of(ReservedGroup.STP, ReservedGroup.LLDP)));
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host(VLAN_10);
        MemoryLan.Host c = lan.host(VLAN_10);
        MemoryLan.Host d = lan.host();
        for (String group : List.of("0180c2000000", "0180c2000001", "0180c2000002", "0180c200000e")) {
            a.send(group + A + BODY);
            b.send(group + B + BODY);
        }
        for (String group : List.of("0180c2000000", "0180c200000e")) {
            assertThat(d.receive()).isEqualTo(group + A + BODY);
            assertThat(c.receive()).isEqualTo(group + B + BODY);
        }
        assertThat(c.nothingComes()).isTrue();
        assertThat(d.nothingComes()).isTrue();
    }

    @Test
    void aLoopIsReportedOnceAMinuteAndAHostThatMovesIsNot() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host(PortPolicy.builder().isolated(true).build());
        a.send(BROADCAST + A + BODY);
        b.receive();
        for (int i = 0; i < LoopDetector.MOVES; i++) {
            b.send(BROADCAST + A + BODY);
            a.receive();
            assertThat(lan.loops().size()).as("after moves: " + (i + 1)).isEqualTo(i + 1 < LoopDetector.MOVES ? 0 : 1);
            if (i + 1 < LoopDetector.MOVES) {
                a.send(BROADCAST + A + BODY);
                b.receive();
            }
        }
        assertThat(lan.loops().poll()).isEqualTo("1 02:00:00:00:00:0a " + LoopDetector.MOVES);
        for (int i = 0; i < 5; i++) {
            lan.passSeconds(LoopDetector.WINDOW_SECONDS);
            a.send(BROADCAST + A + BODY);
            b.receive();
            b.send(BROADCAST + A + BODY);
            a.receive();
        }
        assertThat(lan.loops()).isEmpty();
    }

    @Test
    void settingsOfAPortChangeWhileItForwards() throws Exception {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host tagged = lan.host(VLAN_10);
        a.send(BROADCAST + A + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        SwitchPort port = lan.port(1);

        update(port, VLAN_10);
        assertThat(lan.port(1)).isSameAs(port);
        a.send(BROADCAST + A + BODY);
        tagged.send(BROADCAST + B + BODY);
        assertThat(b.receive()).as("its VLAN, and none before it").isEqualTo(BROADCAST + B + BODY);
        b.send(B + A + BODY);
        assertThat(tagged.receive()).isEqualTo(B + A + BODY);

        update(
                port,
                VLAN_10.toBuilder()
                        .source(MacAddress.parse("02:00:00:00:00:0c"))
                        .build());
        b.send(B + A + BODY);
        assertThat(tagged.nothingComes()).isTrue();
        assertThat(port.dropped(PolicyDrop.SOURCE)).isEqualTo(1);

        update(port, PortPolicy.DEFAULT);
        assertThat(port.dropped(PolicyDrop.SOURCE)).as("counts stay").isEqualTo(1);
        b.send(BROADCAST + B + BODY);
        assertThat(a.receive()).isEqualTo(BROADCAST + B + BODY);
        assertThat(tagged.nothingComes()).isTrue();
    }

    @Test
    void aPolicyThatIsNotPossibleLeavesThePortAsItWas() throws Exception {
        StaticFdbEntry entry = StaticFdbEntry.of(MacAddress.parse("02:00:00:00:00:0a"));
        MemoryLan.Host a = lan.host(PortPolicy.builder().staticEntry(entry).build());
        MemoryLan.Host b = lan.host();
        assertThatThrownBy(() -> update(
                        lan.port(1), PortPolicy.builder().staticEntry(entry).build()))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("static entry is at another port already: port=");
        assertThatThrownBy(() -> update(
                        lan.port(1),
                        PortPolicy.builder().coalescing(Coalescing.ON).build()))
                .hasMessageContaining("frames can only be coalesced with virtio-net headers");
        b.send(A + B + BODY);
        assertThat(a.receive()).isEqualTo(A + B + BODY);
        SwitchPort gone = lan.port(0);
        a.disconnect();
        lan.awaitPorts(1);
        assertThatThrownBy(() -> update(gone, PortPolicy.DEFAULT))
                .hasMessageContaining("not a port of this switch any more: port=");
    }

    private void update(SwitchPort port, PortPolicy policy) throws InterruptedException, ExecutionException {
        lan.ethernetSwitch().update(port, policy).await(30, TimeUnit.SECONDS);
        lan.ethernetSwitch().update(port, policy).get();
    }

    @Test
    void afterItsLinkWasDownAHostIsLookedForEverywhere() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host();
        b.send(BROADCAST + B + BODY);
        a.receive();
        c.receive();
        a.send(B + A + BODY);
        b.receive();
        assertThat(c.nothingComes()).isTrue();
        lan.ethernetSwitch().linkDown(lan.port(1));
        a.send(B + A + BODY);
        assertThat(c.receive()).isEqualTo(B + A + BODY);
    }

    /** Memory that is not there for the segments of one frame is no reason to close the port that it came from. */
    @Test
    void aFrameThatFailsIsReleasedAndCountedAndTheNextOnePasses() {
        List<Throwable> failures = new ArrayList<>();
        EthernetSwitch small = new EthernetSwitch(SwitchSettings.DEFAULT, (channel, cause) -> failures.add(cause));
        for (PortPolicy policy :
                List.of(PortPolicy.DEFAULT, PortPolicy.builder().isolated(true).build())) {
            EmbeddedChannel in = new EmbeddedChannel(small.newPort(VnetHeader.V1, TapOffload.ALL, policy));
            EmbeddedChannel out =
                    new EmbeddedChannel(small.newPort(VnetHeader.V1, TapOffload.NONE, PortPolicy.DEFAULT));
            in.config().setAllocator(new NoMemory());
            Frames frames = Frames.tcp4();
            frames.partial = true;
            frames.payload = 3_000;
            ByteBuf gsoFrame = frames.gsoFrame(12, 1_000);
            in.writeInbound(gsoFrame);
            in.pipeline().fireExceptionCaught(new IllegalStateException("in a handler in front"));
            assertThat(gsoFrame.refCnt()).isZero();
            in.writeInbound(
                    Unpooled.buffer().writeZero(12).writeBytes(new byte[6]).writeBytes(new byte[] {
                        2, 0, 0, 0, 0, 1, 8, 0
                    }));
            out.runPendingTasks();
            assertThat(in.isOpen()).isTrue();
            assertThat(out.outboundMessages()).hasSize(1);
            assertThat(failures).isEmpty();
            SwitchPort port = small.ports().get(0);
            assertThat(port.errors()).isEqualTo(2);
            assertThat(port.drops()).isEqualTo(2);
            in.finishAndReleaseAll();
            out.finishAndReleaseAll();
        }
    }
}
