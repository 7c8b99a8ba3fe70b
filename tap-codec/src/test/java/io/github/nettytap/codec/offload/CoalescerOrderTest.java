/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Several flows: the order of their GSO frames, and that no frame overtakes another of its flow. */
class CoalescerOrderTest extends CoalescerFixture {

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
}
