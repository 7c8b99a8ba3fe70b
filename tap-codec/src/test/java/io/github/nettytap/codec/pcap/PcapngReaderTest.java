/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import static io.github.nettytap.codec.pcap.PcapngBuilder.text;
import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.MacAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

class PcapngReaderTest {

    private final PcapngBuilder file = new PcapngBuilder();

    private static ByteOrder order(String name) {
        return name.equals("big") ? BIG_ENDIAN : LITTLE_ENDIAN;
    }

    private void assertDamaged(String message) throws IOException {
        try (CaptureReader reader = file.read()) {
            assertThatThrownBy(() -> {
                        while (reader.next() != null) {
                            // Up to the damage.
                        }
                    })
                    .isInstanceOf(CaptureFormatException.class)
                    .hasMessage(message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"big", "little"})
    void allBlocksAreReadInEitherByteOrder(String name) throws IOException {
        file.section(order(name), file.order(order(name)).option(4, "dumper"), file.option(3, "os"), file.option(0, ""))
                .captureInterface(
                        100,
                        file.option(2, "eth0"),
                        file.option(3, "first\0"),
                        file.option(6, new byte[] {2, 0, 0, 0, 0, 1}),
                        file.option(9, new byte[] {9}),
                        file.option(0, ""))
                .block(4, new byte[16])
                .packet(0, 0x1_0000_0002L, 5, "hello", file.option(2, 1), file.option(1, "one"), file.option(1, "two"))
                .block(0xbad, new byte[8])
                .block(0x40000bad, new byte[4])
                .block(0x0000000a, new byte[8])
                .simplePacket(3, "abc")
                .obsoletePacket(0, 7, "old")
                .block(0x12345678, new byte[0])
                .statistics(0, file.option(4, 10L), file.option(5, 2L), file.option(8, 8L));

        try (CaptureReader reader = file.read()) {
            CapturedFrame frame = reader.next();
            assertThat(text(frame)).isEqualTo("hello");
            assertThat(frame.timestampNanos()).isEqualTo(0x1_0000_0002L);
            assertThat(frame.direction()).isEqualTo(FrameDirection.INBOUND);
            assertThat(frame.comments()).containsExactly("one", "two");
            assertThat(text(reader.next())).isEqualTo("abc");
            frame = reader.next();
            assertThat(text(frame)).isEqualTo("old");
            assertThat(frame.timestampNanos()).isEqualTo(7);
            assertThat(reader.next()).isNull();
            assertThat(reader.section()).isEqualTo(new CaptureSection("dumper", "os", null));
            assertThat(reader.interfaces())
                    .containsExactly(new CaptureInterface(
                            "eth0", "first", MacAddress.parse("02:00:00:00:00:01"), 1, 100, 0, List.of()));
            assertThat(reader.statistics(0)).isEqualTo(new InterfaceStatistics(10, 2, 8));
            assertThat(reader.isTruncated()).isFalse();
        }
    }

    @Test
    void sectionsOfDifferentByteOrderFollowOneAnother() throws IOException {
        file.section(BIG_ENDIAN)
                .captureInterface(0, file.option(2, "a"))
                .packet(0, 1, 3, "big")
                .section(LITTLE_ENDIAN)
                .captureInterface(0, file.option(2, "b"))
                .captureInterface(0, file.option(2, "c"))
                .packet(1, 2, 6, "little")
                .section(BIG_ENDIAN);

        try (CaptureReader reader = file.read()) {
            assertThat(text(reader.next())).isEqualTo("big");
            CapturedFrame frame = reader.next();
            assertThat(text(frame)).isEqualTo("little");
            assertThat(frame.captureInterface().name()).isEqualTo("c");
            assertThat(reader.next()).isNull();
            assertThat(reader.interfaces()).isEmpty();
        }
    }

    @Test
    void theInterfaceOfAnEarlierSectionIsNotKnown() throws IOException {
        file.section(LITTLE_ENDIAN).captureInterface(0).section(LITTLE_ENDIAN).packet(0, 0, 1, "x");

        assertDamaged("pcapng interface not described: offset=76, id=0 (expected: one of the 0 described before)");
    }

    @ParameterizedTest
    @CsvSource({
        "6, 1700000000123456, 0, 1700000000123456000",
        "9, 1700000000123456789, 0, 1700000000123456789",
        "0, 1700000000, 0, 1700000000000000000",
        "12, 1700000000123456, 0, 1700000000123",
        "3, 1500, 10, 11500000000",
        "9, 5, -1, -999999995",
        "0x80, 3, 0, 3000000000",
        "0x81, 3, 0, 1500000000",
        "0xa0, 4294967296, 0, 1000000000",
        "0xbe, 4611686018427387904, 0, 1000000000",
        "0xff, 1, 0, 0",
        "100, 1, 0, 0",
        "0, 9223372036854775807, 0, 9223372036854775807",
        "9, -1, 9223372036854775807, 9223372036854775807",
        "0x80, -1, 0, 9223372036854775807"
    })
    void timestampsOfAnyResolutionBecomeNanoseconds(String resolution, long ticks, long offset, long nanos) {
        assertThat(new TimestampResolution(Integer.decode(resolution), offset).toNanos(ticks))
                .isEqualTo(nanos);
    }

    @Test
    void anInterfaceWithoutAResolutionHasMicroseconds() throws IOException {
        file.section(LITTLE_ENDIAN).captureInterface(0).packet(0, 5, 1, "x");

        try (CaptureReader reader = file.read()) {
            assertThat(reader.next().timestampNanos()).isEqualTo(5_000);
        }
    }

    @Test
    void aSimplePacketIsAsLongAsTheSnapLength() throws IOException {
        file.section(LITTLE_ENDIAN).captureInterface(2).simplePacket(9, "ab");

        try (CaptureReader reader = file.read()) {
            CapturedFrame frame = reader.next();
            assertThat(text(frame)).isEqualTo("ab");
            assertThat(frame.originalLength()).isEqualTo(9);
            assertThat(frame.hasTimestamp()).isFalse();
        }
    }

    @Test
    void aFileCutAnywhereIsReadUpToItsLastWholeBlock() throws IOException {
        file.section(LITTLE_ENDIAN).captureInterface(0);
        int header = file.toBytes().length;
        file.packet(0, 1, 5, "hello");
        int first = file.toBytes().length;
        file.packet(0, 2, 5, "world");
        byte[] whole = file.toBytes();

        for (int length = 12; length <= whole.length; length++) {
            try (CaptureReader reader = PcapngBuilder.open(Arrays.copyOf(whole, length))) {
                int frames = 0;
                while (reader.next() != null) {
                    frames++;
                }
                assertThat(frames).isEqualTo(length == whole.length ? 2 : length >= first ? 1 : 0);
                assertThat(reader.isTruncated())
                        .isEqualTo(length != 28 && length != header && length != first && length != whole.length);
                assertThat(reader.next()).isNull();
            }
        }
    }

    @Test
    void aFileOfZerosIsNoCapture() {
        assertThatThrownBy(() -> PcapngBuilder.open(new byte[64]))
                .isInstanceOf(CaptureFormatException.class)
                .hasMessage("not a capture file: offset=0, magic=0x00000000 (expected: a pcapng or pcap header)");
    }

    @Test
    void anEmptyFileIsNoCapture() {
        assertThatThrownBy(() -> PcapngBuilder.open(new byte[0]))
                .isInstanceOf(CaptureFormatException.class)
                .hasMessage("not a capture file: offset=0, length=0 (expected: a pcapng or pcap header)");
    }

    @Test
    void aWrongByteOrderMagicIsReported() throws IOException {
        file.raw(new byte[] {0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4});

        assertDamaged("pcapng byte order not known: offset=0, magic=0x04030201"
                + " (expected: 0x1a2b3c4d in either byte order)");
    }

    @Test
    void aNewerVersionIsReported() throws IOException {
        byte[] bytes = file.section(LITTLE_ENDIAN).toBytes();
        bytes[12] = 2;
        PcapngBuilder newer = new PcapngBuilder().raw(bytes);

        try (CaptureReader reader = newer.read()) {
            assertThatThrownBy(reader::next).hasMessage("pcapng version not known: offset=0, major=2 (expected: 1)");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 11, 13, 16_777_220, -4})
    void aBlockLengthThatCannotBeIsReported(int length) throws IOException {
        file.section(LITTLE_ENDIAN)
                .raw(ByteBuffer.allocate(16)
                        .order(LITTLE_ENDIAN)
                        .putInt(6)
                        .putInt(length)
                        .array());

        assertDamaged("pcapng block length out of range: offset=28, length=" + Integer.toUnsignedString(length)
                + " (expected: a multiple of 4, 12..16777216)");
    }

    @Test
    void differentLengthsAtTheEndsOfABlockAreReported() throws IOException {
        file.section(LITTLE_ENDIAN)
                .raw(ByteBuffer.allocate(12)
                        .order(LITTLE_ENDIAN)
                        .putInt(99)
                        .putInt(12)
                        .putInt(16)
                        .array());

        assertDamaged("pcapng block lengths differ: offset=28, length=12, trailer=16"
                + " (expected: the same length at both ends)");
    }

    @Test
    void aFrameLongerThanItsBlockIsReported() throws IOException {
        file.section(LITTLE_ENDIAN).captureInterface(0).packet(0, 0, 9, "12345678");

        assertDamaged("pcapng captured length out of range: offset=48, length=9"
                + " (expected: 0..8, what the block has room for)");
    }

    @Test
    void aBlockWithoutRoomForItsFieldsIsReported() throws IOException {
        file.section(LITTLE_ENDIAN).block(1, new byte[4]);

        assertDamaged("pcapng interface description too short: offset=28, length=4 (expected: at least 8)");
    }

    @Test
    void anOptionThatExceedsItsBlockIsReported() throws IOException {
        file.section(LITTLE_ENDIAN).captureInterface(0, new byte[] {2, 0, 5, 0});

        assertDamaged("pcapng option exceeds its block: offset=28, code=2, length=5 (expected: at most 0)");
    }

    @Test
    void anOptionOfAWrongLengthIsPassedOver() throws IOException {
        file.section(LITTLE_ENDIAN)
                .captureInterface(
                        0,
                        file.option(6, new byte[4]),
                        file.option(9, new byte[2]),
                        file.option(14, new byte[1]),
                        file.option(2, "eth0"))
                .packet(0, 5, 1, "x", file.option(2, new byte[] {1}))
                .statistics(0, file.option(4, 1), file.option(5, 1), file.option(8, 1));

        try (CaptureReader reader = file.read()) {
            CapturedFrame frame = reader.next();
            assertThat(frame.direction()).isEqualTo(FrameDirection.UNKNOWN);
            assertThat(frame.timestampNanos()).isEqualTo(5_000);
            assertThat(frame.captureInterface()).isEqualTo(CaptureInterface.ethernet("eth0"));
            assertThat(reader.next()).isNull();
            assertThat(reader.statistics(0)).isEqualTo(new InterfaceStatistics(-1, -1, -1));
        }
    }

    @Test
    void classicPcapIsReadInEveryByteOrderAndResolution() throws IOException {
        for (ByteOrder order : new ByteOrder[] {BIG_ENDIAN, LITTLE_ENDIAN}) {
            for (int magic : new int[] {0xa1b2c3d4, 0xa1b23c4d}) {
                ByteBuffer pcap = ByteBuffer.allocate(24 + 16 + 3 + 16)
                        .order(order)
                        .putInt(magic)
                        .putShort((short) 2)
                        .putShort((short) 4)
                        .putLong(0)
                        .putInt(65_535)
                        .putInt(1)
                        .putInt(1_700_000_000)
                        .putInt(42)
                        .putInt(3)
                        .putInt(60)
                        .put("abc".getBytes());
                try (CaptureReader reader = PcapngBuilder.open(pcap.array())) {
                    CapturedFrame frame = reader.next();
                    assertThat(text(frame)).isEqualTo("abc");
                    assertThat(frame.originalLength()).isEqualTo(60);
                    assertThat(frame.timestampNanos())
                            .isEqualTo(1_700_000_000_000_000_000L + (magic == 0xa1b23c4d ? 42 : 42_000));
                    assertThat(frame.captureInterface().linkType()).isEqualTo(1);
                    assertThat(text(reader.next())).isEmpty();
                    assertThat(reader.next()).isNull();
                    assertThat(reader.isTruncated()).isFalse();
                }
            }
        }
    }

    @Test
    void aClassicPcapCutShortIsReadUpToItsLastWholeFrame() throws IOException {
        ByteBuffer pcap = ByteBuffer.allocate(24 + 16 + 2)
                .order(LITTLE_ENDIAN)
                .putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4);
        pcap.putInt(24 + 8, 3);
        for (int length = 25; length <= pcap.capacity(); length++) {
            try (CaptureReader reader = PcapngBuilder.open(Arrays.copyOf(pcap.array(), length))) {
                assertThat(reader.next()).isNull();
                assertThat(reader.isTruncated()).isTrue();
                assertThat(reader.next()).isNull();
            }
        }
    }

    @Test
    void anImpossibleLengthInAClassicPcapIsReported() throws IOException {
        ByteBuffer pcap = ByteBuffer.allocate(24 + 16)
                .order(LITTLE_ENDIAN)
                .putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4);
        pcap.putInt(24 + 8, -1);
        try (CaptureReader reader = PcapngBuilder.open(pcap.array())) {
            assertThatThrownBy(reader::next)
                    .hasMessage("pcap frame length out of range: offset=24, length=4294967295 (expected: 0..262144)");
        }
    }
}
