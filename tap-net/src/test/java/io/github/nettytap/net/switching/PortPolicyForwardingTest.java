/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Set;

/** Policies of ports between hosts in memory, with all ports on one event loop and with ports on several. */
@ParameterizedClass
@ValueSource(ints = {1, 3})
class PortPolicyForwardingTest {

    private static final String BROADCAST = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final String C = "02000000000c";
    private static final String BODY = "0800010203";

    private final MemoryLan lan;

    PortPolicyForwardingTest(int loops) {
        lan = new MemoryLan(loops);
    }

    @AfterEach
    void close() {
        lan.close();
    }

    @Test
    void staticStationIsFoundWithoutHavingBeenHeardAndDoesNotMove() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host(PortPolicy.builder()
                .staticEntries(List.of(StaticFdbEntry.of(MacAddress.parse("02:00:00:00:00:0b"))))
                .build());
        MemoryLan.Host c = lan.host();
        c.send(A + B + BODY);
        assertThat(a.nothingComes()).isTrue();
        assertThat(lan.port(2).dropped(PolicyDrop.HELD)).isEqualTo(1);
        lan.passSeconds(10 * MemoryLan.MAX_AGE);
        a.send(B + A + BODY);
        assertThat(b.receive()).isEqualTo(B + A + BODY);
        assertThat(c.nothingComes()).isTrue();
    }

    @Test
    void staticStationAtTwoPortsIsRefused() {
        PortPolicy policy = PortPolicy.builder()
                .staticEntries(List.of(StaticFdbEntry.of(MacAddress.parse("02:00:00:00:00:0b"))))
                .build();
        lan.host(policy);
        lan.refusedHost(policy);
        assertThat(lan.failure())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("static entry is at another port already: port=")
                .hasMessageEndingWith(", static=02:00:00:00:00:0b, vlan=0");
    }

    @Test
    void stickyStationNeitherMovesNorAges() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host(PortPolicy.builder().sticky(true).build());
        MemoryLan.Host c = lan.host();
        b.send(BROADCAST + B + BODY);
        a.receive();
        c.receive();
        lan.passSeconds(10 * MemoryLan.MAX_AGE);
        c.send(BROADCAST + B + BODY);
        assertThat(a.nothingComes()).isTrue();
        assertThat(lan.port(2).dropped(PolicyDrop.HELD)).isEqualTo(1);
        a.send(B + A + BODY);
        assertThat(b.receive()).isEqualTo(B + A + BODY);
    }

    @Test
    void stationsBeyondTheLimitAreDroppedAndThoseBelowPass() {
        MemoryLan.Host a = lan.host(PortPolicy.builder().macLimit(2).build());
        MemoryLan.Host b = lan.host();
        a.send(BROADCAST + A + BODY);
        a.send(BROADCAST + B + BODY);
        a.send(BROADCAST + C + BODY);
        a.send(BROADCAST + A + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + B + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.LIMIT)).isEqualTo(1);
    }

    @Test
    void stationThatAgedOutMakesRoomBelowTheLimit() {
        MemoryLan.Host a = lan.host(PortPolicy.builder().macLimit(1).build());
        MemoryLan.Host b = lan.host();
        a.send(BROADCAST + A + BODY);
        b.receive();
        lan.passSeconds(MemoryLan.MAX_AGE + 1);
        a.send(BROADCAST + B + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + B + BODY);
        assertThat(lan.port(0).dropped(PolicyDrop.LIMIT)).isZero();
    }

    @Test
    void floodedFramesBeyondTheLimitOfASecondAreDropped() {
        MemoryLan.Host a = lan.host(PortPolicy.builder().stormLimit(2).build());
        MemoryLan.Host b = lan.host();
        b.send(BROADCAST + B + BODY);
        a.receive();
        for (String destination : new String[] {BROADCAST, C, "01005e000001", BROADCAST}) {
            a.send(destination + A + BODY);
        }
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(b.receive()).isEqualTo(C + A + BODY);
        a.send(B + A + BODY);
        assertThat(b.receive()).as("to a known address").isEqualTo(B + A + BODY);
        assertThat(lan.port(0).dropped(PolicyDrop.STORM)).isEqualTo(2);
        lan.passSeconds(1);
        a.send(BROADCAST + A + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
    }

    @Test
    void isolatedPortsTalkOnlyToPortsThatAreNot() {
        MemoryLan.Host a = lan.host(PortPolicy.builder().isolated(true).build());
        MemoryLan.Host b = lan.host(PortPolicy.builder().isolated(true).build());
        MemoryLan.Host c = lan.host();
        b.send(BROADCAST + B + BODY);
        assertThat(c.receive()).isEqualTo(BROADCAST + B + BODY);
        assertThat(a.nothingComes()).isTrue();
        a.send(B + A + BODY);
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.ISOLATED)).isEqualTo(1);
        c.send(B + C + BODY);
        assertThat(b.receive()).isEqualTo(B + C + BODY);
        b.send(C + B + BODY);
        assertThat(c.receive()).isEqualTo(C + B + BODY);
    }

    @Test
    void framesFromOtherSourcesThanAllowedAreDropped() {
        MemoryLan.Host a = lan.host(PortPolicy.builder()
                .sources(Set.of(MacAddress.parse("02:00:00:00:00:0a")))
                .build());
        MemoryLan.Host b = lan.host();
        a.send(BROADCAST + A + BODY);
        a.send(BROADCAST + C + BODY);
        a.send("ff");
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.SOURCE)).isEqualTo(1);
        assertThat(lan.port(0).malformed()).isEqualTo(1);
        assertThat(lan.port(0).drops()).isEqualTo(2);
    }

    @Test
    void framesOfAFlowAreCoalescedWhereThePolicyAndTheOffloadsSaySo() {
        MemoryLan.Host a = lan.host(12, TapOffload.NONE);
        List<MemoryLan.Host> coalesced = List.of(
                lan.host(12, TapOffload.ALL),
                lan.host(12, TapOffload.ALL, coalescing(Coalescing.ON)),
                lan.host(12, TapOffload.NONE, coalescing(Coalescing.ON)));
        List<MemoryLan.Host> plain = List.of(
                lan.host(12, TapOffload.NONE),
                lan.host(12, Set.of(TapOffload.CSUM)),
                lan.host(12, TapOffload.ALL, coalescing(Coalescing.OFF)));
        // From here on the port of a waits for frames, so that those of one flush are read in one batch.
        assertThat(a.nothingComes()).isTrue();
        Frames frames = Frames.tcp4();
        frames.payload = 1_000;
        for (int i = 0; i < 3; i++) {
            frames.sequence = 1_000 * i;
            frames.identification = i;
            ByteBuf frame = frames.packet(12);
            a.sendLater(ByteBufUtil.hexDump(frame));
            frame.release();
        }
        a.flush();
        for (MemoryLan.Host host : coalesced) {
            // NEEDS_CSUM and TCPv4.
            assertThat(host.receive()).startsWith("0101").hasSize(2 * (12 + frames.headers() + 3_000));
        }
        for (MemoryLan.Host host : plain) {
            for (int i = 0; i < 3; i++) {
                assertThat(host.receive()).startsWith("0000").hasSize(2 * (12 + frames.headers() + 1_000));
            }
        }
    }

    @Test
    void frameAloneLeavesAsItCameWithTheBatchThatItCameIn() {
        MemoryLan.Host a = lan.host(12, TapOffload.NONE);
        MemoryLan.Host b = lan.host(12, TapOffload.ALL);
        Frames frames = Frames.tcp4();
        for (int payload : new int[] {1, 1_000}) {
            frames.payload = payload;
            ByteBuf frame = frames.packet(12);
            String bytes = ByteBufUtil.hexDump(frame);
            frame.release();
            a.send(bytes);
            // Nothing else comes that could push it on.
            assertThat(b.receive()).isEqualTo(bytes);
        }
    }

    private static PortPolicy coalescing(Coalescing coalescing) {
        return PortPolicy.builder().coalescing(coalescing).build();
    }

    @Test
    void joiningWithoutVirtioNetHeadersIsRefused() {
        lan.refusedHost(PortPolicy.builder().coalescing(Coalescing.ON).build());
        assertThat(lan.failure())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("frames can only be coalesced with virtio-net headers: port=")
                .hasMessageEndingWith(", vnetHeaderSize=0 (expected: a port with offloads in the switch)");
    }

    @Test
    void monitorGetsWhatComesInAndGoesOutAtAMirroredPort() {
        MemoryLan.Host mirrored =
                lan.host(PortPolicy.builder().mirroring(Mirroring.MIRRORED).build());
        MemoryLan.Host b = lan.host();
        MemoryLan.Host monitor =
                lan.host(PortPolicy.builder().mirroring(Mirroring.MONITOR).build());
        mirrored.send(BROADCAST + A + BODY);
        assertThat(monitor.receive()).isEqualTo(BROADCAST + A + BODY);
        b.receive();
        b.send(A + B + BODY);
        assertThat(monitor.receive()).isEqualTo(A + B + BODY);
        assertThat(mirrored.receive()).isEqualTo(A + B + BODY);
    }

    @Test
    void monitorSeesFramesInTheFormOfTheMirroredPort() {
        MemoryLan.Host trunk = lan.host(PortPolicy.builder()
                .vlans(PortVlans.trunk(List.of(10)))
                .mirroring(Mirroring.MIRRORED)
                .build());
        MemoryLan.Host access =
                lan.host(PortPolicy.builder().vlans(PortVlans.access(10)).build());
        MemoryLan.Host monitor =
                lan.host(PortPolicy.builder().mirroring(Mirroring.MONITOR).build());
        access.send(BROADCAST + A + BODY);
        assertThat(trunk.receive()).isEqualTo(BROADCAST + A + "8100000a" + BODY);
        assertThat(monitor.receive()).isEqualTo(BROADCAST + A + "8100000a" + BODY);
    }

    @Test
    void monitorGetsNothingElseAndMayNotSend() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host monitor =
                lan.host(PortPolicy.builder().mirroring(Mirroring.MONITOR).build());
        a.send(BROADCAST + A + BODY);
        b.receive();
        monitor.send(BROADCAST + C + BODY);
        assertThat(monitor.nothingComes()).isTrue();
        assertThat(a.nothingComes()).isTrue();
        assertThat(lan.port(2).filtered()).isEqualTo(1);
    }

    @Test
    void monitorWithoutOffloadsGetsWireFramesOfAGsoFrame() {
        MemoryLan.Host mirrored = lan.host(
                12,
                TapOffload.ALL,
                PortPolicy.builder().mirroring(Mirroring.MIRRORED).build());
        MemoryLan.Host b = lan.host(12, TapOffload.ALL);
        MemoryLan.Host monitor = lan.host(
                12,
                TapOffload.NONE,
                PortPolicy.builder().mirroring(Mirroring.MONITOR).build());
        Frames frames = Frames.tcp4();
        frames.payload = 3_000;
        ByteBuf gsoFrame = frames.gsoFrame(12, 1_448);
        String text = ByteBufUtil.hexDump(gsoFrame);
        gsoFrame.release();
        mirrored.send(text);
        assertThat(b.receive()).isEqualTo(text);
        for (int payload : new int[] {1_448, 1_448, 104}) {
            assertThat(monitor.receive()).hasSize(2 * (12 + frames.headers() + payload));
        }
    }
}
