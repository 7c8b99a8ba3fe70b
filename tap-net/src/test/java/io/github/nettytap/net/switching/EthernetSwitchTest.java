/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.Frames;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The switch between hosts in memory, with all ports on one event loop and with ports on several. */
@ParameterizedClass
@ValueSource(ints = {1, 3})
class EthernetSwitchTest {

    private static final String BROADCAST = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final String C = "02000000000c";

    private final MemoryLan lan;

    EthernetSwitchTest(int loops) {
        lan = new MemoryLan(loops);
    }

    @AfterEach
    void close() {
        lan.close();
    }

    @Test
    void unknownDestinationGoesToAllOtherPorts() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host();
        a.send(frame(B, A, "01"));
        assertThat(b.receive()).isEqualTo(frame(B, A, "01"));
        assertThat(c.receive()).isEqualTo(frame(B, A, "01"));
        assertThat(a.nothingComes()).isTrue();
    }

    @Test
    void knownDestinationGoesToItsPortOnly() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host();
        b.send(frame(A, B, "01"));
        a.receive();
        c.receive();
        a.send(frame(B, A, "02"));
        assertThat(b.receive()).isEqualTo(frame(B, A, "02"));
        assertThat(c.nothingComes()).isTrue();
    }

    @Test
    void broadcastAndMulticastAreFlooded() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        for (String group : new String[] {BROADCAST, "333300000001", "01005e000001"}) {
            a.send(frame(group, A, "01"));
            assertThat(b.receive()).isEqualTo(frame(group, A, "01"));
        }
    }

    @Test
    void frameIsNeverSentBackToItsPort() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        a.send(frame(B, A, "01"));
        b.receive();
        a.send(frame(A, C, "02"));
        assertThat(a.nothingComes()).isTrue();
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).filtered()).isEqualTo(1);
        assertThat(lan.port(0).drops()).isZero();
    }

    @Test
    void addressesReservedForNeighborsEndHere() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        a.send(frame("0180c2000000", A, "01"));
        a.send(frame("0180c200000f", A, "01"));
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).filtered()).isEqualTo(2);
        a.send(frame("0180c2000010", A, "02"));
        assertThat(b.receive()).isEqualTo(frame("0180c2000010", A, "02"));
    }

    @Test
    void movedStationIsFoundAtItsNewPort() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host();
        b.send(frame(BROADCAST, B, "01"));
        a.receive();
        c.receive();
        c.send(frame(BROADCAST, B, "02"));
        a.receive();
        b.receive();
        a.send(frame(B, A, "03"));
        assertThat(c.receive()).isEqualTo(frame(B, A, "03"));
        assertThat(b.nothingComes()).isTrue();
    }

    @Test
    void silentStationIsForgottenAndItsFramesAreFlooded() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host();
        b.send(frame(BROADCAST, B, "01"));
        a.receive();
        c.receive();
        lan.passSeconds(MemoryLan.MAX_AGE + 1);
        a.send(frame(B, A, "02"));
        assertThat(b.receive()).isEqualTo(frame(B, A, "02"));
        assertThat(c.receive()).isEqualTo(frame(B, A, "02"));
    }

    @Test
    void closedPortIsForgotten() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host();
        b.send(frame(BROADCAST, B, "01"));
        a.receive();
        c.receive();
        b.disconnect();
        lan.awaitPorts(2);
        a.send(frame(B, A, "02"));
        assertThat(c.receive()).isEqualTo(frame(B, A, "02"));
    }

    @Test
    void portIndexOfAClosedPortIsUsedAgain() {
        lan.host();
        MemoryLan.Host b = lan.host();
        b.disconnect();
        lan.awaitPorts(1);
        MemoryLan.Host c = lan.host();
        MemoryLan.Host d = lan.host();
        assertThat(lan.port(1).index()).isEqualTo(1);
        c.send(frame(BROADCAST, C, "01"));
        assertThat(d.receive()).isEqualTo(frame(BROADCAST, C, "01"));
    }

    @Test
    void frameWithoutEthernetHeaderIsCountedAndDropped() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        a.send(frame(B, A, "").substring(0, 26));
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).malformed()).isEqualTo(1);
        assertThat(lan.port(0).drops()).isEqualTo(1);
    }

    @Test
    void framesOfOneSenderKeepTheirOrder() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        b.send(frame(BROADCAST, B, "00"));
        a.receive();
        for (int i = 0; i < 500; i++) {
            a.sendLater(frame(B, A, String.format("%08x", i)));
        }
        a.flush();
        for (int i = 0; i < 500; i++) {
            assertThat(b.receive()).isEqualTo(frame(B, A, String.format("%08x", i)));
        }
    }

    @Test
    void offloadedFramePassesUntouchedBetweenPortsWithTheOffload() {
        MemoryLan.Host a = lan.host(12, TapOffload.ALL);
        MemoryLan.Host b = lan.host(12, TapOffload.ALL);
        String gsoFrame = "0101420000a8052200100000" + frame(B, A, "0800");
        a.send(gsoFrame);
        assertThat(b.receive()).isEqualTo(gsoFrame);
    }

    @Test
    void portWithoutTheOffloadGetsSegmentsInstead() {
        MemoryLan.Host a = lan.host(12, TapOffload.ALL);
        MemoryLan.Host b = lan.host(12, TapOffload.NONE);
        MemoryLan.Host c = lan.host(12, TapOffload.ALL);
        Frames tcp = Frames.tcp4();
        tcp.payload = 2_500;
        String gsoFrame = text(tcp.gsoFrame(12, 1_000));
        a.send(gsoFrame);
        assertThat(c.receive()).isEqualTo(gsoFrame);
        String plainHeader = "00".repeat(12);
        for (int payload : new int[] {1_000, 1_000, 500}) {
            String segment = b.receive();
            assertThat(segment).startsWith(plainHeader).hasSize(2 * (12 + tcp.headers() + payload));
        }
        assertThat(lan.port(0).segmented()).isEqualTo(1);
        assertThat(lan.port(0).drops()).isZero();
    }

    @Test
    void portWithoutChecksumOffloadGetsWholeChecksums() {
        MemoryLan.Host a = lan.host(12, TapOffload.ALL);
        MemoryLan.Host b = lan.host(12, TapOffload.NONE);
        Frames whole = Frames.udp4();
        Frames partial = Frames.udp4();
        partial.partial = true;
        // NEEDS_CSUM, checksum from byte 34 on, to be put at 34 + 6.
        a.send("010000000000220006000000" + text(partial.frame()));
        assertThat(b.receive()).isEqualTo("00".repeat(12) + text(whole.frame()));
    }

    @Test
    void gsoFrameWhoseHeaderDoesNotFitIsDroppedWhereItWouldBeCut() {
        MemoryLan.Host a = lan.host(12, TapOffload.ALL);
        MemoryLan.Host b = lan.host(12, TapOffload.NONE);
        a.send("0101420000a8052200100000" + frame(B, A, "0800"));
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).malformed()).isEqualTo(1);
    }

    @Test
    void malformedFrameOfAFloodIsCountedOnce() {
        MemoryLan.Host a = lan.host(12, TapOffload.ALL);
        MemoryLan.Host b = lan.host(12, TapOffload.NONE);
        MemoryLan.Host c = lan.host(12, TapOffload.NONE);
        a.send("0101420000a8052200100000" + frame("ffffffffffff", A, "0800"));
        assertThat(b.nothingComes()).isTrue();
        assertThat(c.nothingComes()).isTrue();
        assertThat(lan.port(0).malformed()).isEqualTo(1);
        assertThat(lan.port(0).drops()).isEqualTo(1);
    }

    @Test
    void portWithAnotherHeaderSizeIsRefused() {
        lan.host(12, TapOffload.NONE);
        lan.refusedHost(0);
        assertThat(lan.failure())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("port with another virtio-net header: port=.*, vnetHeaderSize=0"
                        + " \\(expected: 12, as the first port has\\)");
    }

    private static String text(ByteBuf frame) {
        try {
            return ByteBufUtil.hexDump(frame);
        } finally {
            frame.release();
        }
    }

    private static String frame(String destination, String source, String rest) {
        return destination + source + "88b5" + rest;
    }
}
