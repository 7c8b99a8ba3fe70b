/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.Tunnels;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

class SegmentationTest {

    private static final int HEADER = 12;

    @Test
    void segmentsEqualFramesBuiltOneByOne() {
        Random random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            Frames frames = randomFlow(random);
            int size = 1 + random.nextInt(random.nextBoolean() ? 16 : 1_500);
            frames.payload = random.nextInt(Math.min(40_000, 100 * size));

            assertThat(cut(frames, size)).isEqualTo(builtOneByOne(frames, size));
        }
    }

    private static Frames randomFlow(Random random) {
        Frames frames = new Frames();
        frames.v6 = random.nextBoolean();
        frames.udp = random.nextBoolean();
        frames.tags = random.ints(random.nextInt(3), 0, 4_096).toArray();
        frames.ipOptions = noOperations(4 * random.nextInt(11));
        frames.extensions = new byte[8 * random.nextInt(4)];
        frames.tcpOptions = noOperations(4 * random.nextInt(11));
        frames.tcpFlags = random.nextInt(256);
        frames.sequence = random.nextInt();
        frames.identification = random.nextInt(0x10000);
        frames.tos = random.nextInt(256);
        frames.payloadSeed = random.nextInt();
        return frames;
    }

    private static byte[] noOperations(int length) {
        byte[] options = new byte[length];
        Arrays.fill(options, (byte) 1);
        return options;
    }

    private static List<String> builtOneByOne(Frames gsoFrame, int size) {
        byte[] data = gsoFrame.data();
        List<String> result = new ArrayList<>();
        int at = 0;
        do {
            int end = Math.min(data.length, at + size);
            Frames segment = gsoFrame.like().data(Arrays.copyOfRange(data, at, end));
            segment.partial = false;
            segment.sequence += at;
            segment.identification += at / size;
            if (at > 0) {
                segment.tcpFlags &= ~TcpHeader.FLAG_CWR;
            }
            if (end < data.length) {
                segment.tcpFlags &= ~(TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
            }
            result.add(hex(segment.frame()));
            at = end;
        } while (at < data.length);
        return result;
    }

    private static List<String> cut(Frames frames, int size) {
        List<String> result = new ArrayList<>();
        ByteBuf packet = frames.gsoFrame(HEADER, size);
        FrameVerdict verdict =
                Segmentation.segment(packet, HEADER, 0, ByteBufAllocator.DEFAULT, segment -> result.add(hex(segment)));
        packet.release();
        assertThat(verdict).isEqualTo(FrameVerdict.WELL_FORMED);
        return result;
    }

    @Test
    void partialSegmentsAreTheCompleteOnesOnceTheirChecksumsAreCompleted() {
        Random random = new Random(2);
        for (int i = 0; i < 1_000; i++) {
            Frames frames = randomFlow(random);
            int size = 1 + random.nextInt(1_500);
            frames.payload = random.nextInt(Math.min(40_000, 100 * size));
            ByteBuf packet = frames.gsoFrame(HEADER, size);
            List<String> completed = new ArrayList<>();

            Segmentation.segmentPartial(packet, VnetHeader.V1, ByteBufAllocator.DEFAULT, segment -> {
                assertThat(FrameValidator.validate(segment, 0, segment.writerIndex(), HEADER))
                        .isEqualTo(FrameVerdict.WELL_FORMED);
                assertThat(VirtioNetHeader.flags(segment, 0)).isEqualTo(VirtioNetHeader.FLAG_NEEDS_CSUM);
                Segmentation.segment(segment, HEADER, 0, ByteBufAllocator.DEFAULT, frame -> completed.add(hex(frame)));
                segment.release();
            });

            // A checksum of zero has two forms, and a completed one is never 0.
            List<String> expected = cut(frames, size);
            assertThat(completed).hasSameSizeAs(expected);
            for (int n = 0; n < expected.size(); n++) {
                assertThat(withoutChecksum(completed.get(n), frames))
                        .isEqualTo(withoutChecksum(expected.get(n), frames));
                assertThat(checksum(completed.get(n), frames) % 0xffff)
                        .isEqualTo(checksum(expected.get(n), frames) % 0xffff);
            }
            packet.release();
        }
    }

    private static int checksum(String hex, Frames frames) {
        int at = 2 * (frames.transportOffset() + (frames.udp ? 6 : 16));
        return Integer.parseInt(hex.substring(at, at + 4), 16);
    }

    private static String withoutChecksum(String hex, Frames frames) {
        int at = 2 * (frames.transportOffset() + (frames.udp ? 6 : 16));
        return hex.substring(0, at) + hex.substring(at + 4);
    }

    @Test
    void congestionWindowReducedIsOnTheFirstSegmentOnlyAndFinOnTheLast() {
        Frames frames = Frames.tcp4();
        frames.tcpFlags = 0xff;
        List<Integer> flags = new ArrayList<>();
        frames.payload = 300;
        ByteBuf packet = frames.gsoFrame(HEADER, 100);

        Segmentation.segment(packet, HEADER, 0, ByteBufAllocator.DEFAULT, segment -> {
            flags.add(TcpHeader.flags(segment, 34));
            segment.release();
        });

        int middle = 0xff & ~(TcpHeader.FLAG_CWR | TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
        assertThat(flags)
                .containsExactly(middle | TcpHeader.FLAG_CWR, middle, middle | TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
        packet.release();
    }

    /** The rows of the kernel's udpgso.c that reach segmentation: bytes, segment size, datagrams. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "1472, 1472, 1",
        "1472, 1473, 1",
        "1473, 1472, 2",
        "2944, 1472, 2",
        "2945, 1472, 3",
        "61824, 1472, 42",
        "65507, 1472, 45",
        "128, 1, 128",
        "5, 2, 3"
    })
    void datagramsAreAsManyAsUdpgsoExpects(int bytes, int size, int expected) {
        Frames v4 = Frames.udp4();
        v4.payload = bytes;
        Frames v6 = Frames.udp6();
        v6.payload = bytes - 20 > 0 && bytes > 60_000 ? bytes - 40 : bytes;
        v6.extensions = new byte[8];

        assertThat(cut(v4, size)).hasSize(expected);
        assertThat(cut(v6, size)).hasSize(expected);
    }

    @Test
    void moreThan128DatagramsAreRefused() {
        Frames frames = Frames.udp4();
        frames.payload = 129;
        ByteBuf packet = frames.gsoFrame(HEADER, 1);

        assertThat(Segmentation.segment(packet, HEADER, 0, ByteBufAllocator.DEFAULT, s -> {
                    throw new AssertionError();
                }))
                .isEqualTo(FrameVerdict.TOO_MANY_SEGMENTS);
        packet.release();
    }

    @Test
    void segmentsAreAsSmallAsAskedFor() {
        Frames frames = Frames.tcp6();
        frames.payload = 17;

        assertThat(cut(frames, 1)).hasSize(17);
        assertThat(cut(frames, 5)).hasSize(4);
    }

    @Test
    void frameThatWouldCostManyTimesItsLengthIsRefused() {
        Frames frames = Frames.tcp6();
        frames.extensions = new byte[8 + 8 * 255]; // of 64 KiB, 32 KiB may be headers: 134 MB at 8 bytes a segment
        frames.extensions[1] = (byte) 255;
        frames.payload = 32_000;
        ByteBuf packet = frames.gsoFrame(HEADER, 8);

        assertThat(Segmentation.segment(packet, HEADER, 0, ByteBufAllocator.DEFAULT, ByteBuf::release))
                .isEqualTo(FrameVerdict.HEADERS_TOO_LONG);
        packet.release();
    }

    @Test
    void datagramWhoseChecksumComputesToZeroIsSentAsAllOnes() {
        Frames frames = Frames.udp4();
        byte[] data = new byte[40];
        frames.data(data);
        ByteBuf probe = frames.gsoFrame(HEADER, 20);
        List<ByteBuf> segments = new ArrayList<>();
        Segmentation.segment(probe, HEADER, 0, ByteBufAllocator.DEFAULT, segments::add);
        // What makes the sum of the first datagram all ones goes into its first word.
        int missing = UdpHeader.checksum(segments.get(0), 34);
        data[0] = (byte) (missing >> 8);
        data[1] = (byte) missing;
        segments.forEach(ByteBuf::release);
        segments.clear();
        ByteBuf packet = frames.gsoFrame(HEADER, 20);

        Segmentation.segment(packet, HEADER, 0, ByteBufAllocator.DEFAULT, segments::add);

        assertThat(UdpHeader.checksum(segments.get(0), 34)).isEqualTo(0xffff);
        assertThat(Checksums.verify(segments.get(0), 0, segments.get(0).writerIndex()))
                .isEqualTo(Checksums.Result.CORRECT);
        segments.forEach(ByteBuf::release);
        probe.release();
        packet.release();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "10, 10", "12, 12", "24, 24", "12, 24", "12, 10"})
    void eachSegmentHasAClearedHeaderInFrontAsAsked(int in, int out) {
        Frames frames = Frames.tcp4();
        frames.payload = 250;
        int headerLength = Math.max(in, 12);
        ByteBuf packet = frames.gsoFrame(headerLength, 100);
        List<ByteBuf> segments = new ArrayList<>();

        Segmentation.segment(packet, headerLength, out, ByteBufAllocator.DEFAULT, segments::add);

        assertThat(segments).hasSize(3).allSatisfy(segment -> {
            assertThat(ByteBufUtil.hexDump(segment, 0, out)).isEqualTo("00".repeat(out));
            assertThat(Checksums.verify(segment, out, segment.writerIndex())).isEqualTo(Checksums.Result.CORRECT);
        });
        segments.forEach(ByteBuf::release);
        packet.release();
    }

    @Test
    void plainPacketIsHandedOutAsItIs() {
        ByteBuf packet = Frames.udp4().packet(HEADER);
        for (int out : new int[] {0, 10, 12, 24}) {
            List<ByteBuf> results = new ArrayList<>();

            Segmentation.segment(packet, HEADER, out, ByteBufAllocator.DEFAULT, results::add);

            assertThat(results).hasSize(1);
            assertThat(ByteBufUtil.hexDump(results.get(0)))
                    .isEqualTo("00".repeat(out) + ByteBufUtil.hexDump(packet).substring(2 * HEADER));
            results.get(0).release();
        }
        assertThat(packet.release()).isTrue();
    }

    @Test
    void partialPacketIsHandedOutCompleted() {
        Frames frames = Frames.udp6();
        frames.partial = true;
        ByteBuf packet = frames.packet(HEADER);
        VirtioNetHeader.flags(packet, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.checksumStart(packet, 0, 54);
        VirtioNetHeader.checksumOffset(packet, 0, 6);
        String before = ByteBufUtil.hexDump(packet);
        List<String> results = new ArrayList<>();

        Segmentation.segment(packet, HEADER, 12, ByteBufAllocator.DEFAULT, result -> results.add(hex(result)));

        frames.partial = false;
        assertThat(results).containsExactly("00".repeat(12) + hex(frames.frame()));
        assertThat(ByteBufUtil.hexDump(packet)).isEqualTo(before);
        packet.release();
    }

    @Test
    void tunnelSegmentsHaveBothHeadersUpdated() {
        for (int variant = 0; variant < 16; variant++) {
            boolean outerV6 = (variant & 1) != 0;
            boolean checksum = (variant & 2) != 0;
            Frames inner = new Frames();
            inner.v6 = (variant & 4) != 0;
            inner.udp = (variant & 8) != 0;
            inner.payload = 250;
            ByteBuf packet = Tunnels.vxlan(inner, outerV6, checksum, 100);
            int outerNetwork = 14;
            int outerUdp = outerV6 ? 54 : 34;
            List<ByteBuf> segments = new ArrayList<>();

            assertThat(Segmentation.segment(packet, 24, 0, ByteBufAllocator.DEFAULT, segments::add))
                    .isEqualTo(FrameVerdict.WELL_FORMED);

            List<String> expectedInner = builtOneByOne(inner, 100);
            assertThat(segments).hasSize(3);
            for (int i = 0; i < 3; i++) {
                ByteBuf segment = segments.get(i);
                int limit = segment.writerIndex();
                ByteBuf payload = segment.slice(outerUdp + 16, limit - outerUdp - 16);
                assertThat(ByteBufUtil.hexDump(payload)).isEqualTo(expectedInner.get(i));
                assertThat(UdpHeader.length(segment, outerUdp)).isEqualTo(limit - outerUdp);
                assertThat(Checksums.verify(segment, 0, limit))
                        .isEqualTo(checksum ? Checksums.Result.CORRECT : Checksums.Result.NONE);
                if (!outerV6) {
                    assertThat(Ipv4Header.identification(segment, outerNetwork)).isEqualTo(7 + i);
                }
                segment.release();
            }
            packet.release();
        }
    }

    @Test
    void tunnelWithWrongOffsetsIsRefused() {
        ByteBuf packet = Tunnels.vxlan(Frames.tcp4(), false, true, 100);
        VirtioNetHeader.outerTransportOffset(packet, 0, 38);

        assertThat(Segmentation.segment(packet, 24, 0, ByteBufAllocator.DEFAULT, ByteBuf::release))
                .isEqualTo(FrameVerdict.TUNNEL_OFFSETS);
        VirtioNetHeader.outerTransportOffset(packet, 0, 34);
        VirtioNetHeader.innerNetworkOffset(packet, 0, 41);
        assertThat(Segmentation.segment(packet, 24, 0, ByteBufAllocator.DEFAULT, ByteBuf::release))
                .isEqualTo(FrameVerdict.TUNNEL_OFFSETS);
        packet.release();
    }

    @Test
    void frameIsCutIntoFramesThatNeedNoOtherHeader() {
        VirtioNetFrame frame = VirtioNetFrame.parse(Frames.tcp6().gsoFrame(HEADER, 60), HEADER);
        List<VirtioNetFrame> segments = new ArrayList<>();

        Segmentation.segment(frame, HEADER, ByteBufAllocator.DEFAULT, segments::add);

        assertThat(segments).hasSize(2).allSatisfy(segment -> {
            assertThat(segment.isComplete()).isTrue();
            assertThat(segment.checksum()).isEqualTo(ChecksumState.NONE);
            assertThat(segment.content().readerIndex()).isEqualTo(HEADER);
        });
        segments.forEach(VirtioNetFrame::release);
        frame.release();
    }

    @Test
    void plainFrameCannotBeCut() {
        VirtioNetFrame frame = VirtioNetFrame.complete(Unpooled.buffer().writeZero(14), ChecksumState.NONE);

        assertThatThrownBy(() -> Segmentation.segment(frame, 0, ByteBufAllocator.DEFAULT, VirtioNetFrame::release))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "not a GSO frame: VirtioNetFrame(length=14, checksum=NONE, starts=" + "00".repeat(14) + ")");
        frame.release();
    }

    @Test
    void mutatedGsoFramesNeitherThrowNorChangeNorLeak() {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            Frames frames = randomFlow(random);
            frames.payload = random.nextInt(300);
            ByteBuf packet = frames.gsoFrame(24, 1 + random.nextInt(100));
            for (int n = random.nextInt(4); n > 0; n--) {
                packet.setByte(random.nextInt(Math.min(packet.writerIndex(), 24 + frames.headers())), random.nextInt());
            }
            String before = ByteBufUtil.hexDump(packet);
            int[] bytes = new int[1];

            Segmentation.segment(packet, 24, 0, ByteBufAllocator.DEFAULT, segment -> {
                bytes[0] += segment.readableBytes();
                segment.release();
            });

            assertThat(bytes[0]).isLessThanOrEqualTo(packet.writerIndex() * 300);
            assertThat(ByteBufUtil.hexDump(packet)).isEqualTo(before);
            assertThat(packet.release()).isTrue();
        }
    }

    private static String hex(ByteBuf buffer) {
        String hex = ByteBufUtil.hexDump(buffer);
        buffer.release();
        return hex;
    }
}
