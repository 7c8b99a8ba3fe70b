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
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.NoMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

class CoalescerTest {

    private final Coalescer coalescer = new Coalescer();
    private final List<VirtioNetFrame> results = new ArrayList<>();
    private final Frames flow = Frames.tcp4();
    private ByteBufAllocator alloc = ByteBufAllocator.DEFAULT;

    @AfterEach
    void release() {
        results.forEach(VirtioNetFrame::release);
        coalescer.discard();
    }

    // The rows of the kernel's gro.c, by name: data, ack, flags, tcp, ip, large.

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
    void congestionWindowReducedIsOnlyOnTheFirst() {
        flow.tcpFlags |= TcpHeader.FLAG_CWR;
        send(100);
        flow.tcpFlags &= ~TcpHeader.FLAG_CWR;
        send(100);
        flow.tcpFlags |= TcpHeader.FLAG_CWR;
        send(100);

        assertPayloads(200, 100);
        assertThat(results.get(0).gsoType()).isEqualTo(VirtioNetHeader.GSO_TCPV4 | VirtioNetHeader.GSO_ECN);
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
    void wrongNetworkChecksumNeverMerges() {
        send(100);
        change(100, frame -> frame.setShort(24, frame.getShort(24) + 1));

        assertPayloads(100, 100);
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
    void changedServiceOrLifetimeDoesNotMerge() {
        send(100);
        flow.tos = 3;
        send(100);
        flow.ttl = 63;
        send(100);

        assertPayloads(100, 100, 100);
    }

    @Test
    void changedTrafficClassHopLimitOrLabelDoesNotMerge() {
        flow.v6 = true;
        send(100);
        flow.tos = 3;
        send(100);
        flow.ttl = 63;
        send(100);
        flow.flowLabel++;
        send(100);

        assertPayloads(100, 100, 100, 100);
    }

    @Test
    void changedDontFragmentDoesNotMerge() {
        send(100);
        flow.fragment = 0;
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void networkOptionsDoNotMerge() {
        flow.ipOptions = new byte[] {1, 1, 1, 1};
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void fragmentsDoNotMerge() {
        flow.fragment = 0x2000;
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void extensionHeadersMergeWhenTheyAreTheSame() {
        flow.v6 = true;
        flow.extensions = new byte[] {0, 0, 1, 4, 0, 0, 0, 0};
        send(100);
        send(100);
        flow.extensions = new byte[] {0, 0, 1, 4, 9, 9, 9, 9};
        send(100);

        assertPayloads(200, 100);
        assertThat(results.get(0).gsoType()).isEqualTo(VirtioNetHeader.GSO_TCPV6);
    }

    @Test
    void longHeadersMergeAndLongerOnesEndTheRun() {
        flow.v6 = true;
        flow.extensions = new byte[168];
        flow.tcpOptions = new byte[12];
        send(100);
        send(100);
        flow.tcpOptions = new byte[20];
        assertThat(flow.headers()).isGreaterThan(Segment.WINDOW);
        send(100);
        flow.tcpOptions = new byte[12];
        send(100);
        send(100);

        assertPayloads(200, 100, 200);
    }

    @Test
    void routedPacketDoesNotMerge() {
        flow.v6 = true;
        flow.extensionType = 43;
        flow.extensions = new byte[] {0, 0, 4, 1, 0, 0, 0, 0};
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void identificationModesAreThoseOfTheKernel() {
        identifications(0x4000, 7, 8, 9);
        identifications(0x4000, 7, 7, 7);
        identifications(0, 7, 8, 9);
        assertPayloads(300, 300, 300);
    }

    @Test
    void fixedIdentificationWithoutDontFragmentDoesNotMerge() {
        identifications(0, 7, 7, 7);

        assertPayloads(100, 100, 100);
    }

    @Test
    void changeOfIdentificationModeEndsTheRun() {
        identifications(0x4000, 7, 8, 8);
        identifications(0x4000, 7, 7, 8);

        assertPayloads(200, 100, 200, 100);
    }

    @Test
    void identificationWraps() {
        identifications(0, 0xffff, 0, 1);

        assertPayloads(300);
    }

    private void identifications(int fragment, int... values) {
        flow.fragment = fragment;
        flow.lastAddressByte++;
        for (int value : values) {
            flow.identification = value;
            send(100);
            flow.identification--;
        }
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

    // Several flows.

    @Test
    void interleavedFlowsMergeEachForItselfInTheOrderOfTheirFirstFrames() {
        Frames a = Frames.tcp4();
        Frames b = Frames.tcp4();
        b.sourcePort++;
        Frames c = Frames.tcp6();
        Frames d = Frames.udp4();
        Frames tagged = Frames.tcp4();
        tagged.tags = new int[] {7};
        List<Frames> flows = List.of(a, b, c, d, tagged);
        for (int round = 1; round <= 3; round++) {
            int size = 100;
            for (int i = 0; i < flows.size(); i++) {
                send(flows.get(i), size + 10 * i);
            }
        }

        assertPayloads(300, 330, 360, 390, 420);
        assertThat(results.get(1)
                        .content()
                        .getUnsignedShort(results.get(1).content().readerIndex() + 34))
                .isEqualTo(40_001);
    }

    @Test
    void framesOfOneFlowAreNeverReordered() {
        Random random = new Random(9);
        for (int i = 0; i < 300; i++) {
            List<Frames> flows = new ArrayList<>();
            for (int f = 0; f < 4; f++) {
                Frames frames = random.nextBoolean() ? Frames.tcp4() : Frames.tcp6();
                frames.sourcePort += f;
                flows.add(frames);
            }
            List<List<Byte>> sent = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int n = 0; n < 40; n++) {
                int f = random.nextInt(4);
                Frames frames = flows.get(f);
                frames.payloadSeed = random.nextInt();
                frames.tcpFlags = random.nextInt(6) == 0 ? 0x18 : 0x10;
                frames.window = random.nextInt(8) == 0 ? 600 : 500;
                int size = random.nextInt(4) == 0 ? 1 + random.nextInt(100) : 100;
                frames.payload = size;
                for (byte octet : frames.data()) {
                    sent.get(f).add(octet);
                }
                send(frames, size);
            }
            flush();

            List<List<Byte>> received =
                    List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (VirtioNetFrame frame : results) {
                ByteBuf content = frame.content();
                int start = content.readerIndex();
                int transport = start + (content.getUnsignedByte(start + 14) >>> 4 == 6 ? 54 : 34);
                int f = content.getUnsignedShort(transport) - 40_000;
                for (int at = transport + 20; at < content.writerIndex(); at++) {
                    received.get(f).add(content.getByte(at));
                }
            }
            assertThat(received).isEqualTo(sent);
            results.forEach(VirtioNetFrame::release);
            results.clear();
        }
    }

    @Test
    void frameWithLongerNetworkHeaderEndsTheRunOfItsFlow() {
        flow.v6 = true;
        send(100);
        flow.extensions = new byte[] {0, 0, 1, 4, 0, 0, 0, 0};
        send(99);
        flow.extensions = new byte[0];
        send(98);

        assertPayloads(100, 99, 98);
    }

    @Test
    void fragmentEndsTheRunsBetweenItsHosts() {
        Frames other = Frames.tcp4();
        other.lastAddressByte++;
        send(other, 80);
        send(100);
        flow.fragment = 0x2005;
        send(96);
        flow.fragment = 0x4000;
        send(94);
        send(other, 80);

        assertPayloads(160, 100, 96, 94);
    }

    @Test
    void framesKeepTheirOrderWhateverTheirHeaders() {
        Random random = new Random(10);
        int gsoFrames = 0;
        for (int i = 0; i < 500; i++) {
            List<Frames> flows = new ArrayList<>();
            for (int f = 0; f < 3; f++) {
                Frames frames =
                        random.nextBoolean() ? Frames.tcp4() : random.nextBoolean() ? Frames.tcp6() : Frames.udp6();
                frames.sourcePort += f;
                flows.add(frames);
            }
            List<List<String>> sent = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int n = 0; n < 40; n++) {
                int f = random.nextInt(3);
                Frames frames = flows.get(f).like();
                frames.payload = random.nextInt(4) == 0 ? 8 + random.nextInt(92) : 100;
                frames.payloadSeed = 1_000 * i + n;
                flows.get(f).sequence += frames.payload;
                flows.get(f).identification++;
                makeAnException(frames, random);
                ByteBuf frame = frames.frame();
                sent.get(f).add(tail(frame));
                coalescer.add(VirtioNetFrame.complete(frame, ChecksumState.NONE));
            }
            flush();

            List<List<String>> received = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (VirtioNetFrame result : results) {
                if (result.isGsoFrame()) {
                    gsoFrames++;
                    Segmentation.segment(result, 0, ByteBufAllocator.DEFAULT, segment -> {
                        sort(sent, tail(segment.content()), received);
                        segment.release();
                    });
                } else {
                    sort(sent, tail(result.content()), received);
                }
                result.release();
            }
            results.clear();
            assertThat(received).isEqualTo(sent);
        }
        assertThat(gsoFrames).isGreaterThan(1_000);
    }

    /** What is rare in a flow, and must not let others overtake. */
    private static void makeAnException(Frames frames, Random random) {
        switch (random.nextInt(24)) {
            case 0 -> frames.ipOptions = new byte[] {1, 1, 1, 1};
            case 1 -> frames.extensions = new byte[8];
            case 2 -> frames.extensions = new byte[216]; // the ports are beyond what is read
            case 3 -> {
                frames.fragment = 0x2000; // a first fragment has ports
                frames.extensions = new byte[] {6, 0, 0, 1, 0, 0, 0, 9};
                frames.extensionType = 44;
            }
            case 4 -> {
                frames.fragment = 0x0005;
                frames.extensions = new byte[] {6, 0, 0, 41, 0, 0, 0, 9};
                frames.extensionType = 44;
            }
            case 5 -> frames.flowLabel++;
            case 6 -> frames.tcpOptions = new byte[] {1, 1, 1, 1};
            case 7 -> frames.zeroUdpChecksum = true;
            case 8 -> frames.tos = 3;
            case 9 -> frames.tcpFlags = 0x18;
            default -> {}
        }
    }

    /** The last bytes of a frame, which are its own. */
    private static String tail(ByteBuf frame) {
        return ByteBufUtil.hexDump(frame, frame.writerIndex() - 8, 8);
    }

    private static void sort(List<List<String>> sent, String tail, List<List<String>> received) {
        for (int f = 0; f < sent.size(); f++) {
            if (sent.get(f).contains(tail)) {
                received.get(f).add(tail);
            }
        }
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

    private void send(int payload) {
        send(flow, payload);
    }

    private void send(Frames frames, int payload) {
        frames.payload = payload;
        coalescer.add(VirtioNetFrame.complete(frames.frame(), ChecksumState.NONE), alloc);
        frames.sequence += payload;
        frames.identification++;
    }

    private void change(int payload, Consumer<ByteBuf> change) {
        flow.payload = payload;
        ByteBuf frame = flow.frame();
        change.accept(frame);
        coalescer.add(VirtioNetFrame.complete(frame, ChecksumState.NONE));
        flow.sequence += payload;
        flow.identification++;
    }

    private void flush() {
        coalescer.flush(results::add);
    }

    private static int tcpFlags(VirtioNetFrame frame) {
        return TcpHeader.flags(frame.content(), frame.content().readerIndex() + 34);
    }

    private void assertPayloads(Integer... expected) {
        flush();
        assertThat(results)
                .extracting(frame -> {
                    ByteBuf content = frame.content();
                    int start = content.readerIndex();
                    int offset = EthernetOffsets.transport(content, start);
                    boolean udp = EthernetOffsets.isUdp(content, start);
                    int headers = offset + (udp ? 8 : TcpHeader.headerLength(content, start + offset));
                    return content.readableBytes() - headers;
                })
                .containsExactly(expected);
    }
}
