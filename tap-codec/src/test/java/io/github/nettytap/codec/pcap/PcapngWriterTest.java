/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.testing.MemoryChannel;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

class PcapngWriterTest {

    private static final CaptureSection SECTION = new CaptureSection("test 1.0", "Linux 6.12", "amd64");
    private static final CaptureInterface TAP0 = CaptureInterface.ethernet("tap0")
            .withDescription("the first port")
            .withMac(MacAddress.parse("52:54:00:12:34:56"));
    private static final VirtioNetNote TSO = new VirtioNetNote(1, 1, 66, 1448, 34, 16);

    private final MemoryChannel file = new MemoryChannel();

    private CaptureReader read() throws IOException {
        return CaptureReader.open(Channels.newChannel(new ByteArrayInputStream(file.toBytes())));
    }

    @Test
    void anEmptySectionIsTheseBytes() throws IOException {
        new PcapngWriter(file, new CaptureSection("a", null, null)).close();

        assertThat(HexFormat.of().formatHex(file.toBytes()))
                .isEqualTo("0a0d0d0a" + "28000000" + "4d3c2b1a" + "01000000" + "ffffffffffffffff" + "0400010061000000"
                        + "00000000" + "28000000");
    }

    @Test
    void sectionAndInterfacesReadBack() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            assertThat(writer.addInterface(TAP0)).isZero();
            assertThat(writer.addInterface(CaptureInterface.ethernet("tap1"))).isOne();
        }
        try (CaptureReader reader = read()) {
            assertThat(reader.next()).isNull();
            assertThat(reader.section()).isEqualTo(SECTION);
            assertThat(reader.interfaces()).containsExactly(TAP0, CaptureInterface.ethernet("tap1"));
            assertThat(reader.isTruncated()).isFalse();
        }
    }

    @Test
    void framesOfEveryLengthReadBack() throws IOException {
        Random random = new Random(1);
        byte[] bytes = new byte[70_000];
        random.nextBytes(bytes);
        ByteBuf data = Unpooled.wrappedBuffer(bytes);
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(TAP0);
            for (int length = 0; length < 70_000; length += length < 100 ? 1 : 997) {
                writer.writeFrame(
                        0,
                        1_700_000_000_123_456_789L + length,
                        FrameDirection.OUTBOUND,
                        length + 4,
                        data,
                        0,
                        length,
                        null);
            }
        }
        try (CaptureReader reader = read()) {
            for (int length = 0; length < 70_000; length += length < 100 ? 1 : 997) {
                CapturedFrame frame = reader.next();
                assertThat(frame.timestampNanos()).isEqualTo(1_700_000_000_123_456_789L + length);
                assertThat(frame.direction()).isEqualTo(FrameDirection.OUTBOUND);
                assertThat(frame.originalLength()).isEqualTo(length + 4);
                assertThat(frame.isSnapped()).isTrue();
                assertThat(frame.comments()).isEmpty();
                assertThat(ByteBufUtil.equals(frame.data(), data.slice(0, length)))
                        .isTrue();
            }
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void anOffloadedFrameCarriesItsVirtioHeaderAsAComment() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(TAP0);
            writer.writeFrame(0, 1, FrameDirection.INBOUND, 14, Unpooled.wrappedBuffer(new byte[14]), 0, 14, TSO);
        }
        try (CaptureReader reader = read()) {
            CapturedFrame frame = reader.next();
            assertThat(frame.comments().get(0))
                    .isEqualTo("virtio-net: flags=0x1 gso_type=0x1 hdr_len=66 gso_size=1448 csum_start=34"
                            + " csum_offset=16");
            assertThat(frame.note()).isEqualTo(TSO);
            assertThat(frame.direction()).isEqualTo(FrameDirection.INBOUND);
        }
    }

    @Test
    void theFlagsSayWhatIsUnfinishedAboutAnOffloadedFrame() {
        assertThat(TSO.packetFlags()).isEqualTo(1 << 9 | 1 << 11);
        assertThat(new VirtioNetNote(2, 0, 0, 0, 0, 0).packetFlags()).isEqualTo(1 << 10);
        assertThat(new VirtioNetNote(0, 0x80, 0, 0, 0, 0).packetFlags()).isZero();
    }

    @Test
    void aCommentOfSomeoneElseIsNoNote() {
        assertThat(VirtioNetNote.parse(null)).isNull();
        assertThat(VirtioNetNote.parse("see the virtio-net: flags=0x1")).isNull();
        assertThat(VirtioNetNote.parse("mine\n" + TSO + "\nyours")).isEqualTo(TSO);
    }

    @Test
    void statisticsReadBack() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(TAP0);
            writer.addInterface(CaptureInterface.ethernet("tap1"));
            writer.writeStatistics(0, new InterfaceStatistics(10, 3, 7), 1, 2);
        }
        try (CaptureReader reader = read()) {
            assertThat(reader.next()).isNull();
            assertThat(reader.statistics(0)).isEqualTo(new InterfaceStatistics(10, 3, 7));
            assertThat(reader.statistics(1)).isNull();
        }
    }

    @Test
    void aLongTextIsCutBetweenCharacters() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(CaptureInterface.ethernet("tap0").withDescription("a" + "é".repeat(40_000)));
        }
        try (CaptureReader reader = read()) {
            assertThat(reader.next()).isNull();
            assertThat(reader.interfaces().get(0).description()).isEqualTo("a" + "é".repeat(32_767));
        }
    }

    @Test
    void anUnknownInterfaceIsRefused() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(TAP0);
            assertThatThrownBy(
                            () -> writer.writeFrame(1, 0, FrameDirection.UNKNOWN, 0, Unpooled.EMPTY_BUFFER, 0, 0, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("unknown interface: id=1, interfaces=1");
        }
    }

    @Test
    void aFrameLongerThanAnyToolReadsIsRefused() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(TAP0);
            ByteBuf data = Unpooled.wrappedBuffer(new byte[262_145]);
            assertThatThrownBy(() -> writer.writeFrame(0, 0, FrameDirection.UNKNOWN, 262_145, data, 0, 262_145, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("captured length out of range: length=262145 (expected: 0..262144)");
        }
    }

    /** Says for each write whether the bytes lie as they will in the file. */
    private static final class AlignmentChannel implements AlignedChannel {
        private final int alignment;
        private final List<Boolean> aligned = new ArrayList<>();
        private long position;

        private AlignmentChannel(int alignment) {
            this.alignment = alignment;
        }

        @Override
        public int alignment() {
            return alignment;
        }

        @Override
        public int write(ByteBuffer source) {
            int inFile = (int) (position & alignment - 1);
            aligned.add(source.alignmentOffset(source.position(), alignment) == inFile);
            int length = source.remaining();
            position += length;
            source.position(source.limit());
            return length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void bytesLieInMemoryAsTheyWillInAnAlignedFile() throws IOException {
        AlignmentChannel aligned = new AlignmentChannel(4096);
        long size;
        try (PcapngWriter writer = new PcapngWriter(aligned, SECTION)) {
            writer.addInterface(TAP0);
            ByteBuf data = Unpooled.wrappedBuffer(new byte[9_000]);
            for (int i = 0; i < 1_000; i++) {
                writer.writeFrame(0, i, FrameDirection.INBOUND, 9_000, data, 0, i * 9, null);
                if (i % 70 == 0) {
                    writer.flush();
                }
            }
            size = writer.size();
        }
        assertThat(aligned.aligned).hasSizeGreaterThan(15).containsOnly(true);
        assertThat(aligned.position).isEqualTo(size);
    }

    @Test
    void whatAChannelDidNotTakeIsStillToBeWritten() throws IOException {
        boolean[] fails = {true};
        WritableByteChannel channel = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) throws IOException {
                if (!fails[0]) {
                    return file.write(source);
                }
                fails[0] = false;
                file.write(source.slice(source.position(), 3));
                source.position(source.position() + 3);
                throw new IOException("busy");
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
        try (PcapngWriter writer = new PcapngWriter(channel, SECTION)) {
            writer.addInterface(TAP0);
            assertThatThrownBy(writer::flush).hasMessage("busy");
            writer.writeFrame(0, 7, FrameDirection.INBOUND, 5, Unpooled.wrappedBuffer(new byte[5]), 0, 5, null);
            writer.writeFrame(0, 8, FrameDirection.INBOUND, 5, Unpooled.wrappedBuffer(new byte[5]), 0, 5, null);
        }
        try (CaptureReader reader = read()) {
            assertThat(reader.next().timestampNanos()).isEqualTo(7);
            assertThat(reader.next().timestampNanos()).isEqualTo(8);
            assertThat(reader.next()).isNull();
            assertThat(reader.section()).isEqualTo(SECTION);
        }
    }

    @Test
    void onlyWholeBlocksReachTheChannel() throws IOException {
        try (PcapngWriter writer = new PcapngWriter(file, SECTION)) {
            writer.addInterface(TAP0);
            ByteBuf data = Unpooled.wrappedBuffer(new byte[9_000]);
            for (int i = 0; i < 1_000; i++) {
                writer.writeFrame(0, i, FrameDirection.INBOUND, 9_000, data, 0, 9_000, null);
                if (i % 100 == 0) {
                    try (CaptureReader reader = file.toBytes().length == 0 ? null : read()) {
                        while (reader != null && reader.next() != null) {
                            // All frames up to here.
                        }
                        assertThat(reader == null || !reader.isTruncated()).isTrue();
                    }
                }
            }
        }
        assertThat(file.toBytes().length).isGreaterThan(9_000_000);
    }
}
