/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** {@code capture -r}: files to the screen and to other files. */
class CaptureReadTest {

    /** Seconds since 1970 of the first frame. */
    private static final long FIRST = 1_700_000_000L;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int capture(String... arguments) {
        List<String> all = new ArrayList<>(List.of("capture"));
        all.addAll(List.of(arguments));
        CommandLine commandLine =
                NettyTap.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(all.toArray(new String[0]));
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        return output;
    }

    private static ByteBuf udp(int payload, boolean tagged) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeBytes(new byte[] {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2});
        if (tagged) {
            frame.writeInt(0x8100_0005);
        }
        frame.writeShort(0x800);
        frame.writeShort(0x4500).writeShort(28 + payload).writeInt(0);
        frame.writeByte(64).writeByte(17).writeShort(0).writeInt(0x0a000001).writeInt(0x0a000002);
        frame.writeShort(1000).writeShort(2000).writeShort(8 + payload).writeShort(0);
        for (int i = 0; i < payload; i++) {
            frame.writeByte(
                    "Some text,\r\n \t and \u0001 more. ".charAt(i % "Some text,\r\n \t and \u0001 more. ".length()));
        }
        return frame;
    }

    private Path file(int interfaces, int frames) throws IOException {
        Path path = directory.resolve("source.pcapng");
        WritableByteChannel channel = Files.newByteChannel(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try (PcapngWriter writer = new PcapngWriter(channel, CaptureSection.ofThisMachine("test"))) {
            for (int i = 0; i < interfaces; i++) {
                writer.addInterface(CaptureInterface.ethernet("tap" + i));
            }
            for (int i = 0; i < frames; i++) {
                ByteBuf frame = udp(i % 60, i % 5 == 3);
                long time = FIRST * 1_000_000_000 + i * 1_234_567_891L;
                FrameDirection direction = i % 2 == 0 ? FrameDirection.INBOUND : FrameDirection.OUTBOUND;
                int length = frame.readableBytes();
                writer.writeFrame(i % interfaces, time, direction, length, frame, 0, length, null);
            }
        }
        return path;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-n", "-nn", "-nnt", "-tt", "-ttt", "-tttt", "-ttttt", "-x", "-xx", "-X", "-XX", "-A", "-nlX", "-ttx",
                "-e", "-U"
            })
    void optionsOfTcpdumpPrintWhatTcpdumpPrints(String option) throws Exception {
        String file = file(1, 40).toString();
        // Frames with a VLAN tag are described by tcpdump only with -e, so the text of others is compared.
        String filter = option.equals("-e") ? "not vlan" : "udp port 1000";
        assertThat(capture(option, "-r", file, filter)).as(err.toString()).isZero();
        String expected = run("tcpdump", "-n", option, "-r", file, filter);
        assertThat(out.toString()).isEqualTo(expected);
        assertThat(expected.lines()).hasSizeGreaterThanOrEqualTo(32);
    }

    @Test
    void dumpsBeginBehindVlanTags() throws Exception {
        String file = file(1, 40).toString();
        assertThat(capture("-t", "-x", "-r", file, "vlan")).isZero();
        String expected = run("tcpdump", "-n", "-t", "-x", "-r", file, "vlan");
        assertThat(dump(out.toString())).isEqualTo(dump(expected)).isNotEmpty();
    }

    private static List<String> dump(String text) {
        return text.lines().filter(line -> line.startsWith("\t0x")).collect(Collectors.toList());
    }

    @Test
    void framesOfSeveralInterfacesSayWhichAndWhichWay() throws Exception {
        assertThat(capture("-t", "-r", file(3, 4).toString(), "not", "vlan")).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "tap0  In  IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 0",
                        "tap1  Out IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 1",
                        "tap2  In  IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 2");
    }

    @Test
    void jsonIsAnObjectALine() throws Exception {
        assertThat(capture("--json", "-x", "-c", "2", "-r", file(2, 2).toString()))
                .isZero();
        assertThat(out.toString().lines().findFirst())
                .contains("{\"time\":\"2023-11-14T22:13:20Z\",\"interface\":\"tap0\",\"direction\":\"inbound\","
                        + "\"length\":42,\"captured\":42,"
                        + "\"summary\":\"IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 0\","
                        + "\"data\":\"" + ByteBufUtil.hexDump(udp(0, false)) + "\"}");
        // YAML has JSON as a part of it.
        List<Map<String, Object>> objects = out.toString()
                .lines()
                .map(line -> new Yaml().<Map<String, Object>>load(line))
                .collect(Collectors.toList());
        assertThat(objects).extracting(object -> object.get("direction")).containsExactly("inbound", "outbound");
        assertThat(objects).extracting(object -> object.get("length")).containsExactly(42, 43);
    }

    @ParameterizedTest
    @CsvSource({
        "0, NULL",
        "101, RAW",
        "113, LINUX_SLL",
        "127, IEEE802_11_RADIO",
        "276, LINUX_SLL2",
        "9999, link type 9999"
    })
    void otherLinkTypesAreRefusedByName(int linkType, String name) throws Exception {
        ByteBuffer pcap = ByteBuffer.allocate(24 + 16 + 60).order(ByteOrder.LITTLE_ENDIAN);
        pcap.putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(65_535)
                .putInt(linkType);
        pcap.putLong(1).putInt(60).putInt(60);
        Path path = Files.write(directory.resolve("other.pcap"), pcap.array());
        for (String[] arguments : new String[][] {
            {"-r", path.toString()},
            {"-r", path.toString(), "udp"},
            {"-r", path.toString(), "-w", directory.resolve("copy").toString()}
        }) {
            err.getBuffer().setLength(0);
            assertThat(capture(arguments)).isEqualTo(1);
            assertThat(out.toString()).isEmpty();
            assertThat(err.toString())
                    .startsWith("netty-tap capture: not Ethernet: file=" + path + ", link type=" + name)
                    .endsWith(". This program knows Ethernet frames only; tcpdump and tshark read others (`tshark -r "
                            + path + "`)\n");
        }
    }

    @Test
    void aFileIsNotWrittenOverItself() throws Exception {
        Path source = file(1, 3);
        byte[] before = Files.readAllBytes(source);
        Path link = Files.createSymbolicLink(directory.resolve("link"), source);
        Path hard = Files.createLink(directory.resolve("hard"), source);
        for (Path target : List.of(source, link, hard, directory.resolve(".").resolve("source.pcapng"))) {
            err.getBuffer().setLength(0);
            assertThat(capture("-r", source.toString(), "-w", target.toString()))
                    .isEqualTo(1);
            assertThat(err.toString())
                    .isEqualTo("netty-tap capture: source and target are the same file: -r " + source + ", -w " + target
                            + ". Write another file and rename it (`mv`) when it is complete\n");
            assertThat(Files.readAllBytes(source)).isEqualTo(before);
        }
    }

    @Test
    void aCopyHasTheFramesOfTheFilter() throws Exception {
        Path source = file(3, 50);
        Path copy = directory.resolve("copy.pcapng");
        assertThat(capture("-r", source.toString(), "-w", copy.toString(), "-s", "50", "greater", "80"))
                .as(err.toString())
                .isZero();
        assertThat(run(
                        "tshark",
                        "-r",
                        copy.toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.len",
                        "-e",
                        "frame.cap_len",
                        "-e",
                        "frame.interface_name",
                        "-e",
                        "frame.time_epoch"))
                .isEqualTo(run(
                                "tshark",
                                "-r",
                                source.toString(),
                                "-Y",
                                "frame.len >= 80",
                                "-T",
                                "fields",
                                "-e",
                                "frame.len",
                                "-e",
                                "frame.cap_len",
                                "-e",
                                "frame.interface_name",
                                "-e",
                                "frame.time_epoch")
                        .replaceAll("(?m)^(\\d+)\t\\d+\t", "$1\t50\t"))
                .isNotEmpty();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void aNameEndingInPcapIsAskedForTheClassicFormat() throws Exception {
        Path source = file(2, 10);
        Path copy = directory.resolve("copy.pcap");
        assertThat(capture("-r", source.toString(), "-w", copy.toString())).isZero();
        assertThat(run("capinfos", "-M", "-t", "-c", copy.toString())).contains("nsecpcap", "packets:   10");
    }

    @Test
    void aFifoTakesACopy() throws Exception {
        Path source = file(1, 3_000);
        Path fifo = directory.resolve("fifo");
        run("mkfifo", fifo.toString());
        CompletableFuture<Integer> frames = CompletableFuture.supplyAsync(() -> {
            try (CaptureReader reader = CaptureReader.open(fifo)) {
                return (int) reader.stream().count();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        assertThat(capture("-r", source.toString(), "-w", fifo.toString()))
                .as(err.toString())
                .isZero();
        assertThat(frames.get(30, TimeUnit.SECONDS)).isEqualTo(3_000);
    }

    @Test
    void aFullDiskIsNamed() throws Exception {
        assertThat(capture("-r", file(1, 3).toString(), "-w", "/dev/full")).isEqualTo(1);
        assertThat(err.toString())
                .isEqualTo("netty-tap capture: cannot write: file=/dev/full, No space left on device\n");
    }

    @Test
    void aReaderThatHasGoneEndsThePrinting() throws Exception {
        String file = file(1, 20_000).toString();
        long[] taken = {0};
        Writer head = new Writer() {
            @Override
            public void write(char[] text, int start, int length) throws IOException {
                if (taken[0] > 0) {
                    throw new IOException("Broken pipe");
                }
                taken[0] += length;
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        PrintWriter printer = new PrintWriter(head);
        int code = NettyTap.commandLine()
                .setOut(printer)
                .setErr(new PrintWriter(err))
                .execute("capture", "-r", file);
        assertThat(code).isZero();
        assertThat(taken[0]).isBetween(1L, 64L << 10);
    }

    @Test
    void aDamagedFileIsNamedAfterWhatCouldBeRead() throws Exception {
        Path source = file(1, 2);
        byte[] bytes = Files.readAllBytes(source);
        ByteBuffer tail =
                ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(6).putInt(13);
        Files.write(source, tail.array(), StandardOpenOption.APPEND);
        assertThat(capture("-t", "-r", source.toString())).isEqualTo(1);
        assertThat(out.toString().lines()).hasSize(2);
        assertThat(err.toString())
                .startsWith("netty-tap capture: cannot read on: file=" + source
                        + ", pcapng block length out of range: offset=" + bytes.length);
    }

    @Test
    void framesWithoutATimeStayWithoutOne() throws Exception {
        Path source = directory.resolve("simple.pcapng");
        ByteBuffer file = ByteBuffer.allocate(28 + 20 + 16 + 60).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x0a0d0d0a)
                .putInt(28)
                .putInt(0x1a2b3c4d)
                .putInt(1)
                .putLong(-1)
                .putInt(28);
        file.putInt(1)
                .putInt(20)
                .putShort((short) 1)
                .putShort((short) 0)
                .putInt(0)
                .putInt(20);
        file.putInt(3).putInt(76).putInt(60).put(udp(18, false).array(), 0, 60).putInt(76);
        Files.write(source, file.array());
        Path copy = directory.resolve("copy.pcapng");
        assertThat(capture("-r", source.toString())).isZero();
        assertThat(out.toString()).startsWith("(no time) IP 10.0.0.1.1000 >");
        assertThat(capture("-r", source.toString(), "-w", copy.toString())).isZero();
        try (CaptureReader reader = CaptureReader.open(copy)) {
            CapturedFrame frame = reader.next();
            assertThat(frame.hasTimestamp()).isFalse();
            assertThat(frame.data().readableBytes()).isEqualTo(60);
        }
    }
}
