/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.tools.capture.FilterExpression;
import io.github.nettytap.tools.capture.FrameSelection;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The capture program beside tcpdump, its files read by tshark and capinfos. */
@KernelTest
class CaptureProgramTest {

    private static final int FRAMES = 100_000;
    /** The program makes the queue 16,384 frames long. */
    private static final int QUEUED = 8_000;

    private static final String NEIGHBOR = "10.67.0.2";

    @TempDir
    Path directory;

    private Host host;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = Host.create();
    }

    @AfterEach
    void cleanUp() {
        host.close();
    }

    private HostProcess capture(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("capture", "--create", "-i", "cp0"));
        arguments.addAll(List.of(options));
        HostProcess program = RunningProgram.start(host, arguments).awaitLine("ready");
        run("ip", "address", "add", "10.67.0.1/24", "dev", "cp0");
        run("ip", "neighbor", "add", NEIGHBOR, "lladdr", "02:00:00:00:00:09", "dev", "cp0");
        return program;
    }

    private String run(String... command) throws Exception {
        return host.execute(command);
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    /** Never more than the queue of the TAP holds beside what others send: the program may be slow to read. */
    private void send(int frames, int port) throws Exception {
        Random random = new Random(1);
        byte[] payload = new byte[1400];
        try (DatagramSocket socket = host.call(DatagramSocket::new)) {
            InetAddress neighbor = InetAddress.getByName(NEIGHBOR);
            for (int i = 0; i < frames; i++) {
                random.nextBytes(payload);
                socket.send(new DatagramPacket(payload, 1 + random.nextInt(payload.length), neighbor, port));
                if (i % 200 == 0) {
                    // 20,000 frames a second at most.
                    TimeUnit.MILLISECONDS.sleep(10);
                    RunningProgram.awaitRead(host, "cp0", i - QUEUED);
                }
            }
        }
    }

    private static List<String> frames(String file) throws Exception {
        List<String> frames = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(Path.of(file))) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(frame.originalLength() + " "
                        + Integer.toHexString(frame.data().hashCode()) + " "
                        + ByteBufUtil.hexDump(
                                frame.data(), 0, Math.min(64, frame.data().readableBytes())));
            }
        }
        return frames;
    }

    @Test
    void fileHasTheFramesThatTcpdumpHas() throws Exception {
        String limit = Integer.toString(FRAMES);
        // Persistent, so that tcpdump, which may be behind, still has it when we have all frames.
        run("ip", "tuntap", "add", "cp0", "mode", "tap");
        try (HostProcess ours = capture("-w", file("ours.pcapng"), "-c", limit, "udp", "port", "9")) {
            Process tcpdump = host.call(() -> new ProcessBuilder(
                            "tcpdump",
                            "-i",
                            "cp0",
                            "-B",
                            "131072",
                            "-c",
                            limit,
                            "-w",
                            file("tcpdump.pcap"),
                            "udp port 9")
                    .redirectErrorStream(true)
                    .start());
            try {
                assertThat(tcpdump.inputReader().readLine()).contains("listening on cp0");
                send(FRAMES, 9);
                assertThat(tcpdump.waitFor(120, TimeUnit.SECONDS)).isTrue();
            } finally {
                tcpdump.destroyForcibly().onExit().join();
            }
            assertThat(ours.await()).isZero();
            assertThat(ours.errors())
                    .contains(
                            FRAMES + " frames captured, ",
                            " refused by the filter, 0 dropped by this program, 0 dropped by the kernel");
        }
        List<String> frames = frames(file("ours.pcapng"));
        assertThat(frames).hasSize(FRAMES);
        assertThat(frames.equals(frames(file("tcpdump.pcap"))))
                .as("equal frame by frame")
                .isTrue();
        assertThat(run("capinfos", "-M", "-c", file("ours.pcapng"))).contains("Number of packets:   " + FRAMES);
    }

    @Test
    void filtersSelectFromFilesWhatTcpdumpSelects() throws Exception {
        try (HostProcess ours = capture("-w", file("mixed.pcapng"))) {
            send(300, 9);
            send(100, 53);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (frames(file("mixed.pcapng")).size() < 400 && System.nanoTime() < deadline) {
                Thread.sleep(50);
            }
            assertThat(ours.terminate().await()).isZero();
        }
        for (String filter : List.of(
                "udp port 53",
                "udp and greater 700",
                "ip[2:2] % 7 == 3",
                "not udp",
                "ether dst 02:00:00:00:00:09 and less 200",
                "udp[8:4] & 0xff > 100 or icmp6",
                "ip[0] & 0xf != 5",
                "len / 3 * 2 - 10 > 300",
                "vlan or ip6")) {
            long expected = run("tcpdump", "-n", "-q", "-r", file("mixed.pcapng"), filter)
                    .lines()
                    .filter(line -> line.contains(" > "))
                    .count();
            assertThat(select(filter)).as(filter).isEqualTo(expected);
        }
    }

    private long select(String filter) throws Exception {
        try (CaptureReader reader = CaptureReader.open(directory.resolve("mixed.pcapng"))) {
            FrameSelection frames =
                    new FrameSelection(reader, "mixed.pcapng", null, FilterExpression.compile(filter), Long.MAX_VALUE);
            long selected = 0;
            while (frames.next() != null) {
                selected++;
            }
            return selected;
        }
    }

    @Test
    void rotatedFilesAreWhole() throws Exception {
        try (HostProcess ours = capture("-w", file("r.pcapng"), "-C", "1", "-c", "5000", "udp", "port", "9")) {
            send(5000, 9);
            assertThat(ours.await()).isZero();
        }
        List<String> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.map(Path::toString).collect(Collectors.toList());
        }
        assertThat(files).hasSizeGreaterThan(2);
        int frames = 0;
        for (String file : files) {
            assertThat(run("tshark", "-r", file)).doesNotContain("cut short", "damaged");
            frames += frames(file).size();
        }
        assertThat(frames).isEqualTo(5000);
    }

    @Test
    void snappedFramesKeepTheirStart() throws Exception {
        try (HostProcess ours = capture("-w", file("s.pcapng"), "-s", "60", "-c", "50", "udp", "port", "9")) {
            send(50, 9);
            assertThat(ours.await()).isZero();
        }
        assertThat(frames(file("s.pcapng"))).hasSize(50);
        assertThat(run("capinfos", "-M", "-l", file("s.pcapng"))).contains("60 bytes");
        assertThat(run("tshark", "-r", file("s.pcapng"))).contains("UDP");
    }

    @Test
    void fileOfAKilledProgramOpens() throws Exception {
        try (HostProcess ours = capture("-w", file("k.pcapng"))) {
            send(2000, 9);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (frames(file("k.pcapng")).size() < 2000 && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            ours.kill().await();
        }
        assertThat(run("tshark", "-r", file("k.pcapng"))).doesNotContain("cut short", "damaged");
        assertThat(frames(file("k.pcapng"))).hasSizeGreaterThanOrEqualTo(2000);
    }

    @Test
    void replayGivesTheKernelTheSameFrames() throws Exception {
        try (HostProcess ours = capture("-w", file("a.pcapng"), "-c", "200", "udp", "port", "9")) {
            send(200, 9);
            assertThat(ours.await()).isZero();
        }
        // A persistent TAP that tcpdump can listen on beforehand.
        run("ip", "tuntap", "add", "cp1", "mode", "tap", "vnet_hdr");
        run("ip", "link", "set", "cp1", "up");
        Process tcpdump = host.call(
                () -> new ProcessBuilder("tcpdump", "-i", "cp1", "-c", "200", "-w", file("b.pcap"), "udp port 9")
                        .redirectErrorStream(true)
                        .start());
        try {
            assertThat(tcpdump.inputReader().readLine()).contains("listening on cp1");
            try (HostProcess replay = RunningProgram.start(
                    host, List.of("capture", "--replay", file("a.pcapng"), "-i", "cp1", "--speed", "top"))) {
                assertThat(replay.await()).isZero();
                assertThat(replay.errors()).contains("200 frames, ", "; 0 left out", "; 0 refused");
            }
            assertThat(tcpdump.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            tcpdump.destroyForcibly().onExit().join();
        }
        assertThat(frames(file("b.pcap"))).isEqualTo(frames(file("a.pcapng")));
    }

    @Test
    void replayTellsWhatItLeavesOut() throws Exception {
        try (HostProcess ours = capture("-w", file("s.pcapng"), "-s", "60", "-c", "20", "udp", "port", "9")) {
            send(20, 9);
            assertThat(ours.await()).isZero();
        }
        long whole = frames(file("s.pcapng")).stream()
                .filter(frame -> Integer.parseInt(frame.split(" ")[0]) <= 60)
                .count();
        try (HostProcess replay = RunningProgram.start(
                host, List.of("capture", "--replay", file("s.pcapng"), "--create", "-i", "cp1", "--speed", "5"))) {
            assertThat(replay.await()).as(replay.errors()).isZero();
            assertThat(replay.errors())
                    .contains(
                            whole + " frames, ",
                            "; " + (20 - whole) + " left out, as the file has only a part of them;");
        }
    }

    @Test
    void linesOfAFileAreThoseOfTcpdump() throws Exception {
        try (HostProcess ours = capture("-w", file("p.pcapng"), "-c", "20", "udp", "port", "9")) {
            send(20, 9);
            assertThat(ours.await()).isZero();
        }
        String expected = run("tcpdump", "-n", "-r", file("p.pcapng"));
        try (HostProcess printer = RunningProgram.start(host, List.of("capture", "-r", file("p.pcapng"), "udp"))) {
            assertThat(printer.await()).isZero();
            assertThat(printer.output().lines().collect(Collectors.toList()))
                    .isEqualTo(Arrays.stream(expected.split("\n"))
                            .filter(line -> line.contains(" > "))
                            .collect(Collectors.toList()));
        }
    }
}
