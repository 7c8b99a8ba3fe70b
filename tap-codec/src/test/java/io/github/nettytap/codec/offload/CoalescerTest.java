/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.testkit.NoMemory;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What merges and what does not, by the rows of the kernel's gro.c: data, ack, flags, tcp, large, udp. */
class CoalescerTest extends CoalescerFixture {

    @Test
    void dataOfTheSameSizeMerges() {
        send(100);
        send(100);

        assertPayloads(200);
        assertThat(results.get(0).gsoType()).isEqualTo(VirtioNetHeader.GSO_TCPV4);
        assertThat(results.get(0).gsoSize()).isEqualTo(100);
        assertThat(results.get(0).checksum()).isEqualTo(ChecksumState.PARTIAL);
    }

    @Test
    void dataLargerThenSmallerMerges() {
        send(100);
        send(60);

        assertPayloads(160);
    }

    @Test
    void dataSmallerThenLargerDoesNotMerge() {
        send(60);
        send(100);

        assertPayloads(60, 100);
    }

    @Test
    void nothingFollowsAShorterFrame() {
        send(100);
        send(60);
        send(60);

        assertPayloads(160, 60);
    }

    @Test
    void pureAndDuplicateAcknowledgmentsNeverMerge() {
        send(0);
        send(0);
        flow.acknowledgment += 10;
        send(0);

        assertPayloads(0, 0, 0);
    }

    @Test
    void pushEndsARun() {
        send(100);
        flow.tcpFlags |= TcpHeader.FLAG_PSH;
        send(100);
        send(100);
        flow.tcpFlags &= ~TcpHeader.FLAG_PSH;
        send(100);

        assertPayloads(200, 100, 100);
        assertThat(tcpFlags(results.get(0))).isEqualTo(TcpHeader.FLAG_ACK | TcpHeader.FLAG_PSH);
    }

    @ParameterizedTest
    @ValueSource(ints = {TcpHeader.FLAG_SYN, TcpHeader.FLAG_RST, TcpHeader.FLAG_URG, TcpHeader.FLAG_ECE})
    void otherFlagsBreakARun(int flag) {
        send(100);
        flow.tcpFlags |= flag;
        send(100);
        flow.tcpFlags &= ~flag;
        send(100);

        assertPayloads(100, 100, 100);
    }

    @Test
    void finEndsARunAndIsKept() {
        send(100);
        flow.tcpFlags |= TcpHeader.FLAG_FIN;
        send(100);

        assertPayloads(200);
        assertThat(tcpFlags(results.get(0))).isEqualTo(TcpHeader.FLAG_ACK | TcpHeader.FLAG_FIN);
    }

    @Test
    void congestionWindowReducedStaysAlone() {
        flow.tcpFlags |= TcpHeader.FLAG_CWR;
        send(100);
        flow.tcpFlags &= ~TcpHeader.FLAG_CWR;
        send(100);
        flow.tcpFlags |= TcpHeader.FLAG_CWR;
        send(100);

        send(100);
        flow.tcpFlags &= ~TcpHeader.FLAG_CWR;
        send(100);
        send(100);

        assertPayloads(100, 100, 100, 100, 200);
    }

    @Test
    void wrongChecksumNeverMergesAndKeepsItsPlace() {
        send(100);
        change(100, frame -> frame.setByte(frame.writerIndex() - 1, ~frame.getByte(frame.writerIndex() - 1)));
        send(100);

        assertPayloads(100, 100, 100);
    }

    @Test
    void wrongChecksumOfTheFirstFrameIsSeenWithTheSecond() {
        change(100, frame -> frame.setByte(frame.writerIndex() - 1, ~frame.getByte(frame.writerIndex() - 1)));
        send(100);
        send(100);

        assertPayloads(100, 200);
    }

    @Test
    void sequenceThatDoesNotFollowDoesNotMerge() {
        send(100);
        flow.sequence += 1;
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void retransmissionDoesNotMerge() {
        send(100);
        flow.sequence -= 100;
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void sequenceWraps() {
        flow.sequence = -50;
        send(100);
        send(100);

        assertPayloads(200);
    }

    @Test
    void changedTimestampOrOtherOptionsDoNotMerge() {
        flow.tcpOptions = new byte[] {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
        send(100);
        send(100);
        flow.tcpOptions = new byte[] {1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 2};
        send(100);
        flow.tcpOptions = new byte[4];
        send(100);

        assertPayloads(200, 100, 100);
    }

    @Test
    void changedAcknowledgmentOrWindowDoesNotMerge() {
        send(100);
        flow.acknowledgment++;
        send(100);
        flow.window++;
        send(100);

        assertPayloads(100, 100, 100);
    }

    @Test
    void gsoFrameNeverExceedsTheLargestPacket() {
        for (int i = 0; i < 50; i++) {
            send(1_460);
        }

        assertPayloads(44 * 1_460, 6 * 1_460);
    }

    @Test
    void lastFrameMayFillTheLargestPacketExactly() {
        for (int i = 0; i < 44; i++) {
            send(1_460);
        }
        send(65_535 - 40 - 44 * 1_460);

        assertPayloads(65_535 - 40);
    }

    // UDP, by the rows of udpgro and of wireguard-go's udpPacketsCanCoalesce.

    @Test
    void datagramsMergeUntilAShorterOne() {
        flow.udp = true;
        send(100);
        send(100);
        send(40);
        send(100);

        assertPayloads(240, 100);
        assertThat(results.get(0).gsoType()).isEqualTo(VirtioNetHeader.GSO_UDP_L4);
        assertThat(results.get(0).gsoSize()).isEqualTo(100);
    }

    @Test
    void datagramsWithoutChecksumNeverMerge() {
        flow.udp = true;
        flow.zeroUdpChecksum = true;
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void atMost64DatagramsMerge() {
        flow.udp = true;
        flow.v6 = true;
        for (int i = 0; i < 130; i++) {
            send(20);
        }

        assertPayloads(64 * 20, 64 * 20, 2 * 20);
    }

    @Test
    void emptyDatagramNeverMerges() {
        flow.udp = true;
        send(0);
        send(0);

        assertPayloads(0, 0);
    }

    @Test
    void framesLeaveAsTheyCameWhereThereIsNoMemoryToJoinThem() {
        alloc = new NoMemory();
        send(100);
        send(90);

        assertPayloads(100, 90);
    }

    @Test
    void frameThatStaysAloneIsNotTouched() {
        VirtioNetFrame frame = VirtioNetFrame.complete(flow.frame(), ChecksumState.NONE);
        coalescer.add(frame);
        VirtioNetFrame other = VirtioNetFrame.complete(Unpooled.buffer().writeZero(60), ChecksumState.NONE);
        coalescer.add(other);
        assertThat(coalescer.size()).isEqualTo(2);

        flush();

        assertThat(coalescer.size()).isZero();
        assertThat(results).hasSize(2);
        assertThat(results.get(0)).isSameAs(frame);
        assertThat(results.get(1)).isSameAs(other);
    }

    @Test
    void nothingMergesAcrossAFlush() {
        send(100);
        flush();
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void paddedFrameDoesNotMerge() {
        send(4);
        change(4, frame -> frame.writeZero(2));

        assertPayloads(4, 4 + 2);
    }

    @Test
    void partialFramesMergeUnverified() {
        flow.partial = true;
        for (int i = 0; i < 2; i++) {
            flow.payload = 100;
            coalescer.add(VirtioNetFrame.partial(flow.frame(), 34, 16));
            flow.sequence += 100;
            flow.identification++;
        }

        assertPayloads(200);
    }

    @Test
    void gsoFramesPassAndEndTheRunOfTheirFlow() {
        send(100);
        flow.payload = 200;
        coalescer.add(VirtioNetFrame.parse(flow.gsoFrame(12, 100), 12));
        flow.partial = false;
        flow.sequence += 200;
        flow.identification += 2;
        send(100);

        assertPayloads(100, 200, 100);
    }
}
