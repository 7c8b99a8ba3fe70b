/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.testing.MemoryChannel;
import io.github.nettytap.codec.testing.Tool;
import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a file says is still said when it is written anew. */
class CaptureCopyTest {

    @TempDir
    Path directory;

    private static byte[] copy(byte[] file, int snapLength) throws IOException {
        MemoryChannel out = new MemoryChannel();
        try (CaptureReader reader = PcapngBuilder.open(file);
                PcapngWriter writer = new PcapngWriter(out, new CaptureSection(null, null, null))) {
            reader.metadata(block -> {
                if (block.body() != null) {
                    writer.writeMetadata(block);
                }
            });
            for (CapturedFrame frame : reader) {
                while (writer.interfaceCount() < reader.interfaces().size()) {
                    writer.addInterface(reader.interfaces().get(writer.interfaceCount()));
                }
                writer.writeFrame(frame.interfaceId(), frame, snapLength);
            }
        }
        return out.toBytes();
    }

    private static byte[] frame(int length) {
        byte[] frame = new byte[length];
        frame[12] = 8;
        frame[14] = 0x45;
        return frame;
    }

    /** A file with all that can get lost. */
    private static byte[] rich(ByteOrder order) {
        PcapngBuilder file = new PcapngBuilder();
        byte[] name = Unpooled.buffer()
                .writeBytes(new byte[] {10, 0, 0, 1})
                .writeBytes("gateway\0".getBytes())
                .array();
        file.section(order, file.order(order).option(4, "dumper"))
                .captureInterface(
                        0, file.option(2, "eth0"), file.option(13, new byte[] {4}), file.option(1, "an interface"))
                .captureInterface(0, file.option(2, "eth1"))
                .block(4, file.join(file.option(1, java.util.Arrays.copyOf(name, 12)), file.option(0, "")))
                .block(10, file.join(file.integers(0x544c534b, 5), "key\n\0\0\0\0".getBytes()))
                .packetOf(0, 1_000, frame(64), file.option(1, "first"), file.option(1, "second"))
                .packetOf(1, 2_000, frame(60), file.option(2, 2), file.option(1, "x".repeat(60_000)))
                .packetOf(1, 3_000, frame(66), file.option(2, 6 << 5 | 1))
                .simplePacket(64, new String(frame(64), java.nio.charset.StandardCharsets.ISO_8859_1));
        return file.toBytes();
    }

    @ParameterizedTest
    @ValueSource(strings = {"BIG_ENDIAN", "LITTLE_ENDIAN"})
    void commentsNamesSecretsAndCheckSequencesAreCarriedOver(String name) throws Exception {
        byte[] source = rich(name.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        byte[] copy = copy(source, PcapngWriter.MAX_SNAP_LENGTH);
        assertThat(describe(copy)).isEqualTo(describe(source)).hasSize(4);
        Path before = Files.write(directory.resolve("before.pcapng"), source);
        Path after = Files.write(directory.resolve("after.pcapng"), copy);
        for (List<String> question : List.of(
                List.of("-T", "fields", "-e", "frame.comment", "-e", "eth.fcs", "-e", "frame.interface_name"),
                List.of("-N", "n", "-q", "-z", "hosts"),
                List.of("-T", "fields", "-e", "frame.packet_flags", "-e", "frame.time_epoch", "-e", "frame.len"))) {
            assertThat(ask(after, question)).isEqualTo(ask(before, question));
        }
        assertThat(ask(after, List.of("-N", "n", "-q", "-z", "hosts"))).contains("gateway");
        assertThat(ask(after, List.of("-T", "fields", "-e", "frame.comment"))).contains("first,second");
        assertThat(Tool.run("capinfos", "-M", "-D", after).lines().filter(line -> line.contains("decryption secrets")))
                .allMatch(line -> line.endsWith(" 1"))
                .hasSize(1);
    }

    private static String ask(Path file, List<String> question) throws Exception {
        List<Object> arguments = new ArrayList<>(List.of("-r", file));
        arguments.addAll(question);
        return Tool.run("tshark", arguments.toArray()).replaceAll("(?m)^Running as.*\n|^# .*\n", "");
    }

    private static List<String> describe(byte[] file) throws IOException {
        List<String> frames = new ArrayList<>();
        try (CaptureReader reader = PcapngBuilder.open(file)) {
            for (CapturedFrame frame : reader) {
                frames.add(frame.captureInterface().name()
                        + frame.captureInterface().comments()
                        + ' '
                        + (frame.hasTimestamp() ? frame.timestampNanos() : "no time")
                        + ' '
                        + frame.direction()
                        + ' '
                        + frame.originalLength()
                        + ' '
                        + ByteBufUtil.hexDump(frame.data())
                        + ' '
                        + frame.fcsLength()
                        + ' '
                        + ByteBufUtil.hexDump(frame.fcs())
                        + ' '
                        + frame.flags()
                        + frame.comments());
            }
        }
        return frames;
    }

    @Test
    void aFrameMaySayAnotherCheckSequenceThanItsInterface() throws IOException {
        try (CaptureReader reader = PcapngBuilder.open(rich(ByteOrder.BIG_ENDIAN))) {
            assertThat(reader.next().data().readableBytes()).isEqualTo(60);
            assertThat(reader.next().data().readableBytes()).isEqualTo(60);
            CapturedFrame third = reader.next();
            assertThat(third.data().readableBytes()).isEqualTo(60);
            assertThat(third.fcsLength()).isEqualTo(6);
            assertThat(third.direction()).isEqualTo(FrameDirection.INBOUND);
        }
    }

    @Test
    void aCopyMayKeepLess() throws IOException {
        try (CaptureReader reader = PcapngBuilder.open(copy(rich(ByteOrder.LITTLE_ENDIAN), 62))) {
            CapturedFrame first = reader.next();
            assertThat(first.data().readableBytes()).isEqualTo(60);
            assertThat(first.fcs().readableBytes()).isEqualTo(2);
            assertThat(first.isSnapped()).isFalse();
        }
        try (CaptureReader reader = PcapngBuilder.open(copy(rich(ByteOrder.LITTLE_ENDIAN), 20))) {
            CapturedFrame first = reader.next();
            assertThat(first.data().readableBytes()).isEqualTo(20);
            assertThat(first.originalLength()).isEqualTo(60);
        }
    }

    /** The check sequence that the interface claims is longer than the frame, which does not grow by that. */
    @ParameterizedTest
    @ValueSource(ints = {128, 4})
    void aFrameMayBeShorterThanItsCheckSequence(int fcsLength) throws IOException {
        int wireLength = fcsLength - 1;
        PcapngBuilder file = new PcapngBuilder();
        file.section(ByteOrder.LITTLE_ENDIAN)
                .captureInterface(0, file.option(13, new byte[] {(byte) fcsLength}))
                .block(6, file.join(file.integers(0, 0, 1, 2, wireLength), new byte[4])) // snapped
                .packetOf(0, 1, new byte[wireLength])
                .simplePacket(wireLength, "x".repeat(wireLength))
                .packetOf(0, 1, frame(64));
        byte[] copy = copy(file.toBytes(), PcapngWriter.MAX_SNAP_LENGTH);
        assertThat(describe(copy)).isEqualTo(describe(file.toBytes())).hasSize(4);
        try (CaptureReader reader = PcapngBuilder.open(copy)) {
            CapturedFrame snapped = reader.next();
            assertThat(snapped.fcs().readableBytes()).isEqualTo(2);
            assertThat(snapped.fcsLength()).isEqualTo(wireLength);
            assertThat(snapped.originalLength()).isZero();
        }
    }

    @Test
    void aClassicFileHasOneLengthOfCheckSequences() throws IOException {
        PcapngBuilder file = new PcapngBuilder();
        file.section(ByteOrder.LITTLE_ENDIAN)
                .captureInterface(0, file.option(13, new byte[] {4}))
                .packet(0, 1, 2, "xyz")
                .packet(0, 1, 3, "xyz")
                .packetOf(0, 1, frame(64))
                .packetOf(0, 1, frame(66), file.option(2, 6 << 5));
        try (CaptureReader reader = PcapngBuilder.open(classic(file.toBytes()))) {
            assertThat(reader.interfaces().get(0).fcsLength()).isEqualTo(4);
            assertThat(reader.stream().map(CaptureCopyTest::lengths))
                    .containsExactly("0/0 2/3", "0/0 3/3", "60/60 4/4", "60/60 0/4");
        }
    }

    /** The format has four bits for the number of 16-bit words. */
    @ParameterizedTest
    @ValueSource(ints = {128, 32, 3})
    void aClassicFileLeavesOutCheckSequencesWhoseLengthItCannotSay(int fcsLength) throws IOException {
        PcapngBuilder file = new PcapngBuilder();
        file.section(ByteOrder.LITTLE_ENDIAN)
                .captureInterface(0, file.option(13, new byte[] {(byte) fcsLength}))
                .packetOf(0, 1, frame(60 + fcsLength))
                .packetOf(0, 1, new byte[fcsLength - 1]);
        try (CaptureReader reader = PcapngBuilder.open(classic(file.toBytes()))) {
            assertThat(reader.interfaces().get(0).fcsLength()).isZero();
            assertThat(reader.stream().map(CaptureCopyTest::lengths)).containsExactly("60/60 0/0", "0/0 0/0");
        }
    }

    private static byte[] classic(byte[] file) throws IOException {
        MemoryChannel out = new MemoryChannel();
        try (CaptureReader reader = PcapngBuilder.open(file);
                PcapWriter writer = new PcapWriter(out)) {
            for (CapturedFrame frame : reader) {
                if (writer.interfaceCount() == 0) {
                    writer.addInterface(frame.captureInterface());
                }
                writer.writeFrame(0, frame, PcapngWriter.MAX_SNAP_LENGTH);
            }
        }
        return out.toBytes();
    }

    private static String lengths(CapturedFrame frame) {
        return frame.data().readableBytes() + "/" + frame.originalLength() + ' '
                + frame.fcs().readableBytes() + '/' + frame.fcsLength();
    }

    @Test
    void commentsOfMoreThanTheBufferAreWrittenWhole() throws IOException {
        PcapngBuilder file = new PcapngBuilder();
        byte[][] comments = new byte[40][];
        java.util.Arrays.fill(comments, file.option(1, "y".repeat(65_000)));
        file.section(ByteOrder.LITTLE_ENDIAN)
                .captureInterface(0)
                .packetOf(0, 1, frame(60))
                .packetOf(0, 2, frame(60), comments);
        file.packetOf(0, 3, frame(60));
        assertThat(describe(copy(file.toBytes(), 100))).isEqualTo(describe(file.toBytes()));
    }

    @Test
    void classicFilesOpenEverywhereAndSayWhatTheyLost() throws Exception {
        Path path = directory.resolve("classic.pcap");
        try (CaptureReader reader = PcapngBuilder.open(rich(ByteOrder.LITTLE_ENDIAN));
                WritableByteChannel channel = Files.newByteChannel(
                        path, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE);
                PcapWriter writer = new PcapWriter(channel)) {
            CapturedFrame first = reader.next();
            writer.addInterface(reader.interfaces().get(0));
            writer.addInterface(reader.interfaces().get(1));
            writer.writeFrame(0, first, 1_000);
            for (CapturedFrame frame : reader) {
                writer.writeFrame(frame.interfaceId(), frame, 1_000);
            }
            writer.writeFrame(
                    0,
                    5_000,
                    FrameDirection.INBOUND,
                    60,
                    Unpooled.wrappedBuffer(frame(60)),
                    0,
                    60,
                    new VirtioNetNote(1, 1, 54, 1448, 34, 16));
            assertThat(writer.commentsLost()).isEqualTo(3);
            assertThat(writer.notesLost()).isEqualTo(1);
            assertThatThrownBy(() -> writer.addInterface(new CaptureInterface(null, null, null, 113, 0, 0, List.of())))
                    .hasMessageContaining("a pcap file has one link type: linkType=LINUX_SLL");
        }
        assertThat(Tool.run("capinfos", "-M", "-c", "-t", path)).contains("Number of packets:   5", "nsecpcap");
        assertThat(Tool.run("tcpdump", "-tt", "-n", "-r", path).lines().filter(line -> line.contains("IP")))
                .hasSize(5);
        try (CaptureReader reader = CaptureReader.open(path)) {
            assertThat(reader.interfaces().get(0).fcsLength()).isEqualTo(4);
            CapturedFrame first = reader.next();
            assertThat(first.data().readableBytes()).isEqualTo(60);
            assertThat(first.fcs().readableBytes()).isEqualTo(4);
            assertThat(first.timestampNanos()).isEqualTo(1_000_000);
        }
    }

    @Test
    void aClassicFileWithoutFramesOpens() throws Exception {
        Path path = directory.resolve("empty.pcap");
        MemoryChannel out = new MemoryChannel();
        PcapWriter writer = new PcapWriter(out);
        writer.close();
        writer.close();
        Files.write(path, out.toBytes());
        assertThat(Tool.run("capinfos", "-M", "-c", path)).contains("Number of packets:   0");
    }

    @Test
    void oneWriterGoesFromFileToFileInTheSameMemory() throws IOException {
        MemoryChannel first = new MemoryChannel();
        MemoryChannel second = new MemoryChannel();
        ByteBuf data = Unpooled.wrappedBuffer(frame(60));
        try (PcapngWriter writer = new PcapngWriter(first, new CaptureSection("a", null, null))) {
            writer.addInterface(CaptureInterface.ethernet("eth0"));
            writer.writeFrame(0, 1, FrameDirection.INBOUND, 60, data, 0, 60, null);
            writer.moveTo(second);
            assertThat(first.isOpen()).isFalse();
            assertThat(writer.interfaceCount()).isZero();
            writer.addInterface(CaptureInterface.ethernet("eth0"));
            writer.writeFrame(0, 2, FrameDirection.INBOUND, 60, data, 0, 60, null);
            assertThat(writer.size()).isEqualTo(first.toBytes().length);
        }
        assertThat(second.isOpen()).isFalse();
        for (MemoryChannel file : List.of(first, second)) {
            try (CaptureReader reader = PcapngBuilder.open(file.toBytes())) {
                assertThat(reader.stream()).hasSize(1);
                assertThat(reader.section().application()).isEqualTo("a");
            }
        }
    }

    @Test
    void aClosedWriterTakesNothing() throws IOException {
        PcapngWriter writer = new PcapngWriter(new MemoryChannel(), new CaptureSection("a", null, null));
        writer.close();
        writer.close();
        assertThatThrownBy(() -> writer.addInterface(CaptureInterface.ethernet("eth0")))
                .isInstanceOf(java.nio.channels.ClosedChannelException.class);
        assertThatThrownBy(writer::flush).isInstanceOf(java.nio.channels.ClosedChannelException.class);
    }
}
