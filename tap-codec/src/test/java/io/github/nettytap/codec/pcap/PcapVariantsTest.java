/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.testing.Tool;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.testkit.Allocations;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Files of old and unusual writers, and files that are none. */
class PcapVariantsTest {

    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int MODIFIED = 0xa1b2cd34;

    @TempDir
    Path directory;

    private static ByteBuffer header(ByteOrder order, int magic, int minor, int linkType) {
        return ByteBuffer.allocate(4096)
                .order(order)
                .putInt(magic)
                .putShort((short) 2)
                .putShort((short) minor)
                .putLong(0)
                .putInt(65_535)
                .putInt(linkType);
    }

    private static byte[] end(ByteBuffer file) {
        byte[] bytes = new byte[file.position()];
        file.get(0, bytes);
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({
        "2, 3, 60, 3, 60", // original length first
        "3, 60, 3, 3, 60", // already in order
        "3, 3, 60, 3, 60", // swapped: the captured length cannot be more
        "4, 3, 60, 3, 60"
    })
    void lengthsOfOldVersionsMayBeSwapped(int minor, int first, int second, int captured, int original)
            throws IOException {
        boolean isSwapped = minor == 2 || minor == 3 && first == 60;
        ByteBuffer file =
                header(ByteOrder.BIG_ENDIAN, MICROSECONDS, minor, 1).putInt(1).putInt(2);
        file.putInt(isSwapped ? original : captured).putInt(isSwapped ? captured : original);
        file.put(new byte[] {7, 8, 9});
        try (CaptureReader reader = PcapngBuilder.open(end(file))) {
            CapturedFrame frame = reader.next();
            assertThat(ByteBufUtil.hexDump(frame.data())).isEqualTo("070809");
            assertThat(frame.originalLength()).isEqualTo(60);
            assertThat(reader.next()).isNull();
            assertThat(reader.isTruncated()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BIG_ENDIAN", "LITTLE_ENDIAN"})
    void modifiedFormatIsReadWithItsDirections(String name) throws Exception {
        ByteOrder order = name.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer file = header(order, MODIFIED, 4, 1);
        for (int type : new int[] {0, 4}) {
            file.putInt(5).putInt(6).putInt(14).putInt(14);
            file.putInt(3)
                    .putShort((short) 0x800)
                    .put((byte) type)
                    .put((byte) 0)
                    .put(new byte[14]);
        }
        byte[] bytes = end(file);
        try (CaptureReader reader = PcapngBuilder.open(bytes)) {
            CapturedFrame in = reader.next();
            assertThat(in.direction()).isEqualTo(FrameDirection.INBOUND);
            assertThat(in.timestampNanos()).isEqualTo(5_000_006_000L);
            assertThat(in.data().readableBytes()).isEqualTo(14);
            assertThat(reader.next().direction()).isEqualTo(FrameDirection.OUTBOUND);
            assertThat(reader.next()).isNull();
        }
        Path path = Files.write(directory.resolve("modified.pcap"), bytes);
        assertThat(Tool.run("capinfos", "-M", "-c", path)).contains("Number of packets:   2");
    }

    @Test
    void checkSequenceOfAPcapFileIsNoPartOfTheFrame() throws Exception {
        // Two words of 16 bits, known to be there.
        ByteBuffer file = header(ByteOrder.LITTLE_ENDIAN, MICROSECONDS, 4, 1 | 0x0400_0000 | 2 << 28);
        file.putInt(1).putInt(2).putInt(64).putInt(64).put(new byte[60]).putInt(0x04030201);
        file.putInt(1).putInt(3).putInt(62).putInt(64).put(new byte[60]).putShort((short) 0x0201); // snapped in it
        file.putInt(1).putInt(4).putInt(20).putInt(64).put(new byte[20]); // snapped before it
        byte[] bytes = end(file);
        Path path = Files.write(directory.resolve("fcs.pcap"), bytes);
        assertThat(Tool.run("tshark", "-r", path, "-c", "1", "-T", "fields", "-e", "eth.fcs"))
                .contains("0x01020304");
        try (CaptureReader reader = PcapngBuilder.open(bytes)) {
            assertThat(reader.interfaces().get(0).fcsLength()).isEqualTo(4);
            List<String> frames = reader.stream()
                    .map(frame -> frame.data().readableBytes() + "/" + frame.originalLength() + " "
                            + ByteBufUtil.hexDump(frame.fcs()) + " " + frame.isSnapped())
                    .collect(Collectors.toList());
            assertThat(frames).containsExactly("60/60 01020304 false", "60/60 0102 false", "20/60  true");
        }
    }

    @Test
    void linkTypesHaveNames() throws IOException {
        for (String expected :
                List.of("0 NULL", "12 RAW", "101 RAW", "113 LINUX_SLL", "127 IEEE802_11_RADIO", "276 LINUX_SLL2")) {
            int number = Integer.parseInt(expected.split(" ")[0]);
            assertThat(LinkType.name(number)).startsWith(expected.split(" ")[1]);
            try (CaptureReader reader =
                    PcapngBuilder.open(end(header(ByteOrder.LITTLE_ENDIAN, MICROSECONDS, 4, number)))) {
                assertThat(reader.interfaces().get(0).linkType()).isEqualTo(number);
                assertThat(reader.interfaces().get(0).isEthernet()).isFalse();
            }
        }
        assertThat(LinkType.name(9999)).isEqualTo("link type 9999");
    }

    @ParameterizedTest
    @CsvSource({
        "1f8b0800, gzip, zcat",
        "28b52ffd, Zstandard, zstdcat",
        "04224d18, LZ4, lz4cat",
        "fd377a58, xz, xzcat",
        "425a6839, bzip2, bzcat"
    })
    void compressedFilesAreNamedWithTheCommandThatUnpacksThem(String magic, String format, String command)
            throws Exception {
        Path path = Files.write(directory.resolve("x.gz"), ByteBufUtil.decodeHexDump(magic + "00000000"));
        assertThatThrownBy(() -> CaptureReader.open(path))
                .isInstanceOf(CaptureFormatException.class)
                .hasMessage("the file is compressed: file=" + path + ", format=" + format
                        + ". Unpack it and read what comes out (`" + command + " " + path + "`)");
        assertThatThrownBy(() -> PcapngBuilder.open(Files.readAllBytes(path)))
                .hasMessage("the file is compressed: format=" + format + ". Unpack it and read what comes out (`"
                        + command + " FILE`)");
    }

    @Test
    void aShortTailThatClaimsMuchCostsLittle() throws Exception {
        PcapngBuilder file = new PcapngBuilder();
        file.section(ByteOrder.LITTLE_ENDIAN).captureInterface(0);
        byte[] claim = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(6)
                .putInt(16 << 20)
                .array();
        file.raw(claim);
        long allocated = Allocations.of(() -> {
            try (CaptureReader reader = file.read()) {
                assertThat(reader.stream()).isEmpty();
                assertThat(reader.isTruncated()).isTrue();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(allocated).isLessThan(1 << 20);
    }

    @Test
    void commentsWithoutEndAreReadInLinearSpace() throws Exception {
        PcapngBuilder file = new PcapngBuilder();
        byte[][] options = new byte[20_000][];
        Arrays.fill(options, file.option(1, "abcd"));
        file.section(ByteOrder.LITTLE_ENDIAN).captureInterface(0).packet(0, 1, 5, "hello", options);
        byte[] bytes = file.toBytes();
        long allocated = Allocations.of(() -> {
            try (CaptureReader reader = PcapngBuilder.open(bytes)) {
                assertThat(reader.iterator().next().comments()).hasSize(20_000);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(allocated).isLessThan(40L * bytes.length + (1 << 20));
    }

    @Test
    void aReaderIsGoneThroughOnce() throws IOException {
        PcapngBuilder file = new PcapngBuilder();
        file.section(ByteOrder.LITTLE_ENDIAN)
                .captureInterface(0)
                .packet(0, 1, 1, "a")
                .packet(0, 2, 1, "b");
        StringBuilder seen = new StringBuilder();
        try (CaptureReader reader = file.read()) {
            for (CapturedFrame frame : reader) {
                seen.append(PcapngBuilder.text(frame));
            }
            assertThat(reader.iterator().hasNext()).isFalse();
        }
        assertThat(seen).hasToString("ab");
        PcapngBuilder damaged = new PcapngBuilder();
        damaged.section(ByteOrder.LITTLE_ENDIAN).block(6, new byte[20]);
        try (CaptureReader reader = damaged.read()) {
            assertThatThrownBy(() -> reader.stream().count())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasCauseInstanceOf(CaptureFormatException.class);
        }
    }
}
