/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.testing.Tool;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files as other programs see them, and theirs as we do. */
class CaptureToolsTest {

    private static final CaptureInterface TAP0 =
            CaptureInterface.ethernet("tap0").withDescription("first").withMac(MacAddress.parse("52:54:00:00:00:01"));
    private static final CaptureInterface TAP1 = CaptureInterface.ethernet("tap1");

    @TempDir
    Path directory;

    /** An IPv4 UDP frame behind a virtio-net header of 12 bytes. */
    private static ByteBuf message(int payload, boolean offloaded, Random random) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer();
        buffer.writeZero(12);
        if (offloaded) {
            buffer.setByte(0, 1)
                    .setByte(1, 5)
                    .setShortLE(4, 1_000)
                    .setShortLE(6, 34)
                    .setShortLE(8, 6);
        }
        buffer.writeBytes(new byte[] {0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 8, 0});
        buffer.writeByte(0x45)
                .writeByte(0)
                .writeShort(28 + payload)
                .writeInt(0)
                .writeByte(64)
                .writeByte(17);
        buffer.writeShort(0).writeInt(0x0a000001).writeInt(0x0a000002);
        buffer.writeShort(1_000).writeShort(2_000).writeShort(8 + payload).writeShort(0);
        byte[] data = new byte[payload];
        random.nextBytes(data);
        return buffer.writeBytes(data);
    }

    private List<String> capture(Capture.Builder builder, int frames) throws IOException {
        List<String> sent = new ArrayList<>();
        Random random = new Random(5);
        Capture capture = builder.application("netty-tap test").start();
        EmbeddedChannel[] channels = {
            new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.V1)),
            new EmbeddedChannel(new CaptureHandler(capture, TAP1, VnetHeader.V1))
        };
        for (int i = 0; i < frames; i++) {
            ByteBuf message = message(random.nextInt(1_400), i % 10 == 0, random);
            sent.add(ByteBufUtil.hexDump(message, 12, message.readableBytes() - 12));
            channels[i & 1].writeOutbound(message);
            ((ByteBuf) channels[i & 1].readOutbound()).release();
        }
        for (EmbeddedChannel channel : channels) {
            channel.finish();
        }
        capture.close();
        assertThat(capture.dropped()).isZero();
        return sent;
    }

    private static List<String> read(Path file) throws IOException {
        List<String> frames = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(file)) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(ByteBufUtil.hexDump(frame.data()));
            }
        }
        return frames;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.sorted().collect(Collectors.toList());
        }
    }

    private List<String> names() throws IOException {
        return files().stream().map(file -> file.getFileName().toString()).collect(Collectors.toList());
    }

    @Test
    void capinfosFindsInterfacesOriginAndFrames() throws Exception {
        Path file = directory.resolve("a.pcapng");
        capture(Capture.toFile(file), 1_000);

        assertThat(Tool.run("capinfos", "-M", file))
                .contains("File type:           pcapng")
                .contains("Number of packets:   1000")
                .contains("Capture application: netty-tap test")
                .contains("Capture oper-sys:    Linux")
                .contains("Number of interfaces in file: 2")
                .contains("Name = tap0")
                .contains("Description = first")
                .contains("Time precision = nanoseconds (9)")
                .contains("Number of stat entries = 1")
                .doesNotContain("appears to be damaged");
    }

    @Test
    void tsharkReadsInterfaceDirectionFlagsAndComment() throws Exception {
        Path file = directory.resolve("a.pcapng");
        capture(Capture.toFile(file), 20);

        String text = Tool.run(
                "tshark",
                "-r",
                file,
                "-T",
                "fields",
                "-e",
                "frame.interface_name",
                "-e",
                "frame.packet_flags_direction",
                "-e",
                "frame.len",
                "-e",
                "udp.srcport",
                "-e",
                "frame.comment");
        List<String> lines = text.lines().filter(line -> line.startsWith("tap")).collect(Collectors.toList());
        assertThat(lines).hasSize(20);
        assertThat(lines.get(0))
                .startsWith("tap0\t")
                .contains("\t1000\tvirtio-net: flags=0x1 gso_type=0x5 hdr_len=0 gso_size=1000 csum_start=34"
                        + " csum_offset=6");
        assertThat(lines.get(0).split("\t")[1]).isIn("0x00000002", "2");
        assertThat(lines.get(1)).startsWith("tap1\t").endsWith("\t1000\t");
    }

    @Test
    void tcpdumpReadsEveryFrame() throws Exception {
        Path file = directory.resolve("a.pcapng");
        capture(Capture.toFile(file), 500);

        String text = Tool.run("tcpdump", "-n", "-q", "-r", file);
        assertThat(text.lines().filter(line -> line.contains("10.0.0.1.1000 > 10.0.0.2.2000: UDP")))
                .hasSize(500);
    }

    @Test
    void aSnappedFileIsReadByTshark() throws Exception {
        Path file = directory.resolve("a.pcapng");
        capture(Capture.toFile(file).snapLength(60), 50);

        String text = Tool.run("tshark", "-r", file, "-T", "fields", "-e", "frame.cap_len");
        assertThat(text.lines().filter(line -> line.equals("60") || line.matches("4\\d|5\\d")))
                .hasSize(50);
    }

    @Test
    void rotatedFilesAreCapturesByThemselvesAndHoldEveryFrameOnce() throws Exception {
        List<String> sent =
                capture(Capture.toFile(directory.resolve("a")).rotation(CaptureRotation.NONE.bySize(200_000)), 1_000);

        List<String> read = new ArrayList<>();
        for (Path file : files()) {
            assertThat(Tool.run("capinfos", file)).contains("Number of interfaces in file: 2");
            assertThat(Files.size(file)).isLessThan(202_000);
            read.addAll(read(file));
        }
        assertThat(read).hasSameElementsAs(sent).hasSize(1_000);
    }

    @Test
    void rotatedFilesAreNamedAsTcpdumpNamesThem() throws Exception {
        Path ours = Files.createDirectory(directory.resolve("ours"));
        Path theirs = Files.createDirectory(directory.resolve("theirs"));
        Path whole = directory.resolve("whole.pcapng");
        capture(Capture.toFile(whole), 6_000);
        // Root would become an unprivileged user that may not write here.
        String user = System.getProperty("user.name");
        for (int limit : new int[] {0, 2, 3}) {
            Path our = Files.createDirectory(ours.resolve("w" + limit));
            Path their = Files.createDirectory(theirs.resolve("w" + limit));
            CaptureRotation rotation = CaptureRotation.NONE.bySize(1_000_000);
            if (limit == 0) {
                Tool.run("tcpdump", "-Z", user, "-r", whole, "-w", their.resolve("x"), "-C", 1);
            } else {
                Tool.run("tcpdump", "-Z", user, "-r", whole, "-w", their.resolve("x"), "-C", 1, "-W", limit);
                rotation = rotation.files(limit);
            }
            capture(Capture.toFile(our.resolve("x")).rotation(rotation), 6_000);
            assertThat(our.toFile().list())
                    .containsExactlyInAnyOrder(their.toFile().list());
        }
    }

    @Test
    void aPeriodicCaptureEndsAfterItsFiles() throws Exception {
        Capture capture = Capture.toFile(directory.resolve("a-%Y"))
                .rotation(CaptureRotation.NONE.byTime(Duration.ofMillis(1)).files(1))
                .start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.V1));
        while (capture.isRunning()) {
            channel.writeOutbound(message(10, false, new Random(1)));
            ((ByteBuf) channel.readOutbound()).release();
            Thread.sleep(1);
        }
        capture.finished().toCompletableFuture().get();
        channel.finish();
        assertThat(names()).hasSize(1);
        assertThat(Tool.run("capinfos", "-M", files().get(0))).contains("Number of stat entries = 1");
    }

    @Test
    void aFileOfTcpdumpHoldsTheSameFrames() throws Exception {
        Path ours = directory.resolve("a.pcapng");
        Path theirs = directory.resolve("a.pcap");
        List<String> sent = capture(Capture.toFile(ours), 300);
        Tool.run("tcpdump", "-Z", System.getProperty("user.name"), "-r", ours, "-w", theirs);

        assertThat(Files.readAllBytes(theirs)).startsWith(0xd4, 0xc3, 0xb2, 0xa1);
        assertThat(read(theirs)).isEqualTo(sent);
    }

    @Test
    void aFileOfMergecapHoldsTheSameFrames() throws Exception {
        Path first = directory.resolve("1.pcapng");
        Path second = directory.resolve("2.pcapng");
        Path merged = directory.resolve("m.pcapng");
        List<String> sent = new ArrayList<>(capture(Capture.toFile(first), 100));
        sent.addAll(capture(Capture.toFile(second), 100));
        Tool.run("mergecap", "-w", merged, first, second);

        assertThat(sorted(read(merged))).isEqualTo(sorted(sent));
        try (CaptureReader reader = CaptureReader.open(merged)) {
            CapturedFrame frame = reader.next();
            assertThat(frame.direction()).isEqualTo(FrameDirection.OUTBOUND);
            assertThat(frame.note().gsoSize()).isEqualTo(1_000);
            assertThat(frame.captureInterface().name()).isEqualTo("tap0");
        }
    }

    private static List<String> sorted(Collection<String> frames) {
        List<String> sorted = new ArrayList<>(frames);
        Collections.sort(sorted);
        return sorted;
    }

    @Test
    void aFileThatAKilledProcessLeftBehindOpens() throws Exception {
        Path file = directory.resolve("a.pcapng");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledCapture.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (InputStream output = process.getInputStream();
                OutputStream input = process.getOutputStream()) {
            assertThat(input).isNotNull();
            // A byte of its output says that frames have reached the file.
            assertThat(output.read()).isEqualTo('r');
            process.destroyForcibly().waitFor();
        } finally {
            process.destroyForcibly();
        }
        // The kernel may cut the last write of a killed process short: then the programs say so, and still read the
        // rest.
        int frames = read(file).size();
        assertThat(frames).isGreaterThan(1_000);
        assertThat(Tool.runAnyway("capinfos", "-c", "-M", file)).contains("Number of packets:   " + frames + "\n");
    }

    /** Captures until it is killed. */
    static final class KilledCapture {

        private KilledCapture() {}

        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[0]);
            Capture capture = Capture.toFile(file).start();
            EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.V1));
            Random random = new Random(1);
            boolean told = false;
            while (true) {
                channel.writeOutbound(message(1_000, false, random));
                ((ByteBuf) channel.readOutbound()).release();
                if (!told && Files.size(file) > 4_000_000) {
                    told = true;
                    System.out.write('r');
                    System.out.flush();
                }
            }
        }
    }
}
