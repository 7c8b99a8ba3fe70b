/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

class FrameValidatorTest {

    private static final int HEADER = 12;

    private final List<ByteBuf> packets = new ArrayList<>();

    @AfterEach
    void release() {
        packets.forEach(ByteBuf::release);
    }

    @Test
    void gsoFramesOfEveryKindAreWellFormed() {
        Frames tagged = Frames.tcp4();
        tagged.tags = new int[] {5, 6};
        Frames extended = Frames.udp6();
        extended.extensions = new byte[16];
        Frames options = Frames.tcp6();
        options.tcpOptions = new byte[40];
        for (Frames frames :
                List.of(Frames.tcp4(), Frames.tcp6(), Frames.udp4(), Frames.udp6(), tagged, extended, options)) {
            frames.payload = 5_000;
            assertThat(verdict(frames.gsoFrame(HEADER, 1_000))).isEqualTo(FrameVerdict.WELL_FORMED);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "13, HEADER_LENGTH",
        "1, HEADER_LENGTH",
        "14, WELL_FORMED",
        "0, WELL_FORMED",
        "154, WELL_FORMED",
        "155, HEADER_LENGTH"
    })
    void headerLengthIsWithinTheFrameAndCoversEthernet(int hint, FrameVerdict expected) {
        assertThat(mutated(Frames.tcp4().packet(HEADER), p -> VirtioNetHeader.headerLengthHint(p, 0, hint)))
                .isEqualTo(expected);
    }

    @Test
    void everyChecksumPlaceNearAnEdgeIsJudgedAsTheKernelDoesOrStricter() {
        Frames frames = Frames.udp4();
        int length = frames.headers() + frames.payload;
        ByteBuf packet = packet(frames.packet(HEADER));
        VirtioNetHeader.flags(packet, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        int[] edges = {0, 14, 20, 34, length - 2, length, 0xffff - 1_024, 0xffff - 2};
        for (int startEdge : edges) {
            for (int offsetEdge : new int[] {0, 6, 16, length - 36, length - 2, 0xffff - 2}) {
                for (int start = Math.max(0, startEdge - 2); start <= startEdge + 2; start++) {
                    for (int offset = Math.max(0, offsetEdge - 2); offset <= offsetEdge + 2; offset++) {
                        VirtioNetHeader.checksumStart(packet, 0, start);
                        VirtioNetHeader.checksumOffset(packet, 0, offset);
                        FrameVerdict expected = start + offset + 2 > length
                                ? FrameVerdict.CHECKSUM_OUT_OF_FRAME
                                : start < 34 ? FrameVerdict.CHECKSUM_START : FrameVerdict.WELL_FORMED;
                        assertThat(verdictOf(packet)).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void everyFlagsAndTypePairIsJudgedByTheRules() {
        Frames frames = Frames.tcp4();
        frames.payload = 3_000;
        ByteBuf packet = packet(frames.gsoFrame(HEADER, 1_000));
        for (int flags = 0; flags < 256; flags++) {
            for (int type = 0; type < 256; type++) {
                VirtioNetHeader.flags(packet, 0, flags);
                VirtioNetHeader.gsoType(packet, 0, type);

                assertThat(verdictOf(packet))
                        .as("flags %d type %d", flags, type)
                        .isEqualTo(expected(flags, type));
            }
        }
    }

    /** For a TCPv4 GSO frame behind a header without tunnel offsets. */
    private static FrameVerdict expected(int flags, int type) {
        boolean partial = (flags & 1) != 0;
        int base = type & 0x1f;
        if (type == 0) {
            return FrameVerdict.WELL_FORMED;
        }
        switch (base) {
            case 1:
            case 4:
                if (!partial) {
                    return FrameVerdict.GSO_WITHOUT_CHECKSUM;
                }
                if ((type & 0x60) != 0) {
                    return FrameVerdict.TUNNEL_WITHOUT_OFFSETS;
                }
                return base == 1 ? FrameVerdict.WELL_FORMED : FrameVerdict.NETWORK_HEADER;
            case 3:
                return FrameVerdict.UNSUPPORTED_GSO_TYPE;
            case 5:
                if ((type & 0x80) != 0) {
                    return FrameVerdict.ECN_WITHOUT_TCP;
                }
                return partial ? FrameVerdict.CHECKSUM_OFFSET : FrameVerdict.GSO_WITHOUT_CHECKSUM;
            default:
                return FrameVerdict.UNKNOWN_GSO_TYPE;
        }
    }

    @ParameterizedTest
    @CsvSource({"0, GSO_SIZE", "65535, GSO_SIZE", "1, WELL_FORMED", "65534, WELL_FORMED"})
    void gsoSizeIsNeitherNothingNorTheKernelsMark(int size, FrameVerdict expected) {
        assertThat(mutated(Frames.tcp4().gsoFrame(HEADER, 50), p -> VirtioNetHeader.gsoSize(p, 0, size)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"1280, WELL_FORMED", "1281, TOO_MANY_SEGMENTS"})
    void udpGsoFrameHasAtMost128Datagrams(int payload, FrameVerdict expected) {
        Frames frames = Frames.udp4();
        frames.payload = payload;

        assertThat(verdict(frames.gsoFrame(HEADER, 10))).isEqualTo(expected);
    }

    @Test
    void gsoFrameWhoseHeadersDoNotFitIsMalformed() {
        // Offsets from the virtio-net header: 12 of it, 14 Ethernet, 20 IPv4.
        assertThat(mutated(tcp(), p -> p.setShort(24, 0x86dd))).isEqualTo(FrameVerdict.NETWORK_HEADER);
        assertThat(mutated(tcp(), p -> p.setShort(24, 0x8100))).isEqualTo(FrameVerdict.NETWORK_HEADER);
        assertThat(mutated(tcp(), p -> p.setByte(26, 0x44))).isEqualTo(FrameVerdict.NETWORK_HEADER);
        assertThat(mutated(tcp(), p -> p.setByte(26, 0x65))).isEqualTo(FrameVerdict.NETWORK_HEADER);
        assertThat(mutated(tcp(), p -> p.setByte(26, 0x46))).isEqualTo(FrameVerdict.CHECKSUM_START_MISMATCH);
        assertThat(mutated(tcp(), p -> p.setShort(28, 139))).isEqualTo(FrameVerdict.LENGTH_MISMATCH);
        assertThat(mutated(tcp(), p -> p.setShort(28, 141))).isEqualTo(FrameVerdict.NETWORK_HEADER);
        assertThat(mutated(tcp(), p -> p.setShort(32, 0x2000))).isEqualTo(FrameVerdict.FRAGMENT);
        assertThat(mutated(tcp(), p -> p.setByte(35, 17))).isEqualTo(FrameVerdict.TRANSPORT_PROTOCOL);
        assertThat(mutated(tcp(), p -> p.setByte(58, 0x40))).isEqualTo(FrameVerdict.TRANSPORT_HEADER);
        assertThat(mutated(tcp(), p -> p.setShortLE(6, 36))).isEqualTo(FrameVerdict.CHECKSUM_START_MISMATCH);
        assertThat(mutated(tcp(), p -> p.setShortLE(8, 6))).isEqualTo(FrameVerdict.CHECKSUM_OFFSET);
        assertThat(mutated(tcp(), p -> p.writerIndex(p.writerIndex() - 1))).isEqualTo(FrameVerdict.NETWORK_HEADER);
    }

    private static ByteBuf tcp() {
        return Frames.tcp4().gsoFrame(HEADER, 50);
    }

    @Test
    void udpGsoFrameWhoseLengthIsNotTheFramesIsMalformed() {
        assertThat(mutated(Frames.udp4().gsoFrame(HEADER, 50), p -> p.setShort(50, 107)))
                .isEqualTo(FrameVerdict.LENGTH_MISMATCH);
        assertThat(mutated(Frames.udp4().gsoFrame(HEADER, 50), p -> p.setShort(50, 109)))
                .isEqualTo(FrameVerdict.TRANSPORT_HEADER);
    }

    @Test
    void ipv6GsoFrameBehindAFragmentHeaderIsAFragment() {
        Frames frames = Frames.tcp6();
        frames.extensions = new byte[8];
        frames.extensionType = 44;

        assertThat(verdict(frames.gsoFrame(HEADER, 50))).isEqualTo(FrameVerdict.FRAGMENT);
    }

    @ParameterizedTest
    @CsvSource({"4096, WELL_FORMED", "4097, TOO_MANY_SEGMENTS"})
    void tcpGsoFrameHasAtMost4096Segments(int payload, FrameVerdict expected) {
        Frames frames = Frames.tcp4();
        frames.payload = payload;

        assertThat(verdict(frames.gsoFrame(HEADER, 1))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"432, WELL_FORMED", "440, HEADERS_TOO_LONG"})
    void gsoFrameHasAtMost512BytesOfHeaders(int extensions, FrameVerdict expected) {
        Frames frames = Frames.tcp6(); // 14 + 40 + 20 besides
        frames.extensions = new byte[extensions];
        frames.extensions[1] = (byte) (extensions / 8 - 1);

        assertThat(verdict(frames.gsoFrame(HEADER, 50))).isEqualTo(expected);
    }

    @Test
    void frameLongerThanAnyIsMalformed() {
        ByteBuf packet = Unpooled.buffer().writeZero(HEADER + FrameValidator.MAX_FRAME_LENGTH);

        assertThat(verdictOf(packet)).isEqualTo(FrameVerdict.WELL_FORMED);
        assertThat(verdictOf(packet.writeZero(1))).isEqualTo(FrameVerdict.FRAME_TOO_LONG);
    }

    @Test
    void everyTruncationIsJudgedWithoutAnException() {
        ByteBuf packet = packet(Frames.udp6().gsoFrame(HEADER, 50));
        for (int limit = 0; limit < packet.writerIndex(); limit++) {
            assertThat(FrameValidator.validate(packet, 0, limit, HEADER)).isNotEqualTo(FrameVerdict.WELL_FORMED);
        }
    }

    @Test
    void randomMutationsAreJudgedWithoutAnException() {
        Random random = new Random(5);
        for (int i = 0; i < 50_000; i++) {
            Frames frames = new Frames();
            frames.v6 = random.nextBoolean();
            frames.udp = random.nextBoolean();
            frames.payload = random.nextInt(40);
            ByteBuf packet = frames.gsoFrame(24, 1 + random.nextInt(20));
            for (int n = random.nextInt(6); n >= 0; n--) {
                packet.setByte(random.nextInt(packet.writerIndex()), random.nextInt());
            }
            String before = ByteBufUtil.hexDump(packet);

            assertThat(FrameValidator.validate(packet, 0, random.nextInt(packet.writerIndex() + 1), 24))
                    .isNotNull();

            assertThat(ByteBufUtil.hexDump(packet)).isEqualTo(before);
            packet.release();
        }
    }

    private FrameVerdict mutated(ByteBuf packet, Consumer<ByteBuf> mutation) {
        mutation.accept(packet);
        return verdict(packet);
    }

    private FrameVerdict verdict(ByteBuf packet) {
        return verdictOf(packet(packet));
    }

    private static FrameVerdict verdictOf(ByteBuf packet) {
        return FrameValidator.validate(packet, 0, packet.writerIndex(), HEADER);
    }

    private ByteBuf packet(ByteBuf packet) {
        packets.add(packet);
        return packet;
    }
}
