/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Where a live capture goes: pipes, terminals and descriptors; and which interfaces it takes. */
@KernelTest
class CaptureStreamsProgramTest {

    @TempDir
    Path directory;

    private Host host;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = Host.create();
        host.execute("ip", "tuntap", "add", "cs0", "mode", "tap");
        host.execute("ip", "link", "set", "cs0", "up");
        host.execute("ip", "address", "add", "10.68.0.1/24", "dev", "cs0");
        host.execute("ip", "neighbor", "add", "10.68.0.2", "lladdr", "02:00:00:00:00:09", "dev", "cs0");
    }

    @AfterEach
    void cleanUp() {
        host.close();
    }

    /** A command line in which NETTY_TAP is this program. */
    private HostProcess shell(String line) throws Exception {
        String program = HostProcess.java(NettyTap.class, List.of()).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        return HostProcess.start(host.namespace(), List.of("bash", "-c", line.replace("NETTY_TAP", program)));
    }

    private static long frames(Path file) throws Exception {
        try (CaptureReader reader = CaptureReader.open(file)) {
            long frames = reader.stream().count();
            assertThat(reader.isTruncated()).isFalse();
            return frames;
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "/dev/stdout # NETTY_TAP capture -i cs0 -c 3 -w /dev/stdout icmp | cat > FILE",
                "- # NETTY_TAP capture -i cs0 -c 3 -w - icmp > FILE",
                "/dev/fd/3 # NETTY_TAP capture -i cs0 -c 3 -w /dev/fd/3 icmp 3>&1 >&2 | cat > FILE",
                "a FIFO # mkfifo DIR/fifo; cat DIR/fifo > FILE & NETTY_TAP capture -i cs0 -c 3 -w DIR/fifo icmp; wait",
                "a terminal # script -qec \"NETTY_TAP capture -i cs0 -c 3 -w /dev/tty icmp\" /dev/null > FILE; touch DIR/crlf"
            })
    void framesGoToAnythingThatIsWrittenInSequence(String target, String line) throws Exception {
        Path file = directory.resolve("out");
        String command = line.replace("FILE", file.toString()).replace("DIR", directory.toString());
        try (HostProcess program = shell(command)) {
            if (line.contains("script")) {
                // A terminal has no "ready": it would stand between the frames.
                while (!Files.exists(file) || Files.size(file) == 0) {
                    assertThat(program.isAlive()).as(program.errors()).isTrue();
                    Thread.sleep(20);
                }
                Thread.sleep(200);
            } else {
                program.awaitLine("ready");
            }
            pingUntilEnd(program);
            assertThat(program.await()).as(program.errors()).isZero();
        }
        if (Files.exists(directory.resolve("crlf"))) {
            // What a terminal does to line ends.
            byte[] raw = Files.readAllBytes(file);
            String text = new String(raw, java.nio.charset.StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
            Files.write(file, text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        }
        assertThat(frames(file)).isEqualTo(3);
    }

    private void pingUntilEnd(HostProcess program) throws Exception {
        for (int i = 0; i < 20 && program.isAlive(); i++) {
            host.execute("sh", "-c", "ping -c 3 -i 0.05 -W 1 -q 10.68.0.2 || true");
        }
    }

    @Test
    void aFullDiskEndsTheCaptureWhenItHappensAndIsNamed() throws Exception {
        try (HostProcess program = RunningProgram.start(host, List.of("capture", "-i", "cs0", "-w", "/dev/full"))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors())
                    .contains("netty-tap capture: capture failed: cannot write: file=/dev/full, No space left on device"
                            + " (written so far: 0 bytes)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "any | replay | no such interface: name=any, TAPs here: cs0. To make one, add --create",
                "cs1 | live | no such interface: name=cs1, TAPs here: cs0. To make one, add --create",
                "cs1 | replay | no such interface: name=cs1, TAPs here: cs0. To make one, add --create",
                "lo | replay | no TAP: name=lo is of kind hardware or built in. Only the other end of a TAP can give frames to"
                        + " the kernel as if they came from a network; a TAP that is a port of a bridge gives them to what"
                        + " lies behind",
                "ve0 | replay | no TAP: name=ve0 is of kind veth. Only the other end of a TAP can give frames to the kernel as"
                        + " if they came from a network; a TAP that is a port of a bridge gives them to what lies behind",
                "cs9 | live | open packet socket: device=cs9: its frames have no Ethernet header (ARPHRD type 65534). Choose a"
                        + " link of Ethernet frames: `ip link` shows link/ether for those; a TUN or a tunnel of IP packets is"
                        + " none. See"
                        + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#packet-enodev"
            })
    void onlyWhatIsThereIsTakenAndNoneIsMadeUnasked(String name, String mode, String message) throws Exception {
        host.execute("ip", "link", "add", "ve0", "type", "veth", "peer", "name", "ve1");
        host.execute("ip", "tuntap", "add", "cs9", "mode", "tun");
        String before = host.execute("ip", "-o", "link", "show").replaceAll("(?m)^\\d+: |state.*$", "");
        List<String> command = new java.util.ArrayList<>(List.of("capture", "-i", name));
        if (mode.equals("replay")) {
            Path file = Files.write(directory.resolve("empty.pcap"), new byte[] {
                (byte) 0xd4,
                (byte) 0xc3,
                (byte) 0xb2,
                (byte) 0xa1,
                2,
                0,
                4,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                1,
                0,
                1,
                0,
                0,
                0
            });
            command.addAll(List.of("--replay", file.toString()));
        }
        try (HostProcess program = RunningProgram.start(host, command)) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors()).isEqualTo("netty-tap capture: " + message + "\n");
            assertThat(program.output()).isEmpty();
        }
        assertThat(host.execute("ip", "-o", "link", "show").replaceAll("(?m)^\\d+: |state.*$", ""))
                .isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vlan", "vlan 7", "vlan and icmp", "icmp", "icmp and not vlan", "ether[12:2] = 0x8100"})
    void filtersNearATagSelectTheSameLiveAndFromAFile(String filter) throws Exception {
        // A tag that comes in by one port of a bridge lies beside the frame when it goes out by another.
        host.execute("ip", "link", "add", "csb", "type", "bridge");
        host.execute("ip", "tuntap", "add", "cs1", "mode", "tap");
        for (String port : List.of("cs0", "cs1")) {
            host.execute("ip", "link", "set", port, "master", "csb", "up");
        }
        host.execute("ip", "link", "set", "csb", "up");
        Path source = tagged();
        Path copy = directory.resolve("copy.pcapng");
        int code = NettyTap.commandLine().execute("capture", "-r", source.toString(), "-w", copy.toString(), filter);
        assertThat(code).isZero();
        assertThat(pings(copy)).isEqualTo(filter.equals("icmp and not vlan") || filter.equals("icmp") ? 2 : 3);
        Path live = directory.resolve("live.pcapng");
        try (HostProcess program =
                RunningProgram.start(host, List.of("capture", "-i", "cs0", "-w", live.toString(), filter))) {
            program.awaitLine("ready");
            try (HostProcess replay =
                    RunningProgram.start(host, List.of("capture", "-i", "cs1", "--replay", source.toString()))) {
                assertThat(replay.await()).as(replay.errors()).isZero();
                assertThat(replay.errors()).contains("6 frames, ", "; 0 left out", "; 0 refused");
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (pings(live) < pings(copy) && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
            assertThat(program.terminate().await()).isZero();
        }
        assertThat(pings(live)).isEqualTo(pings(copy));
    }

    /**
     * Three echo requests with the tag of VLAN 7 and two without, a millisecond apart, behind a frame of no interest: a
     * bridge hears a little later than whoever attaches to its port that this has a carrier.
     */
    private Path tagged() throws Exception {
        Path file = directory.resolve("tagged.pcapng");
        try (PcapngWriter writer = new PcapngWriter(
                Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                CaptureSection.ofThisMachine("test"))) {
            writer.addInterface(CaptureInterface.ethernet("cs1"));
            ByteBuf first = Unpooled.wrappedBuffer(
                    ByteBufUtil.decodeHexDump("020000000009" + "020000000008" + "88b5" + "00".repeat(46)));
            writer.writeFrame(
                    0, 0, FrameDirection.UNKNOWN, first.readableBytes(), first, 0, first.readableBytes(), null);
            for (int i = 0; i < 5; i++) {
                String tag = i % 2 == 0 ? "81000007" : "";
                ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump("020000000009" + "020000000008" + tag
                        + "0800" + "4500001c0000000040016655" + "0a4500010a450002" + "0800f7ff00000000"
                        + "00".repeat(20)));
                int length = frame.readableBytes();
                writer.writeFrame(
                        0, 300_000_000L + i * 1_000_000L, FrameDirection.UNKNOWN, length, frame, 0, length, null);
            }
        }
        return file;
    }

    /** Echo requests, tagged or not: the chatter of interfaces comes when it likes. */
    private static long pings(Path file) throws Exception {
        try (CaptureReader reader = CaptureReader.open(file)) {
            return reader.stream()
                    .map(frame -> FramePrinter.PLAIN.print(frame.data()))
                    .filter(line -> line.contains("ICMP echo request"))
                    .count();
        }
    }

    @Test
    void whatCanBeCapturedIsListed() throws Exception {
        host.execute("ip", "tuntap", "add", "cs9", "mode", "tun");
        host.execute("ip", "link", "add", "ve0", "type", "bridge");
        try (HostProcess program = RunningProgram.start(host, List.of("capture", "-D"))) {
            assertThat(program.await()).isZero();
            assertThat(program.output()).isEqualTo("""
                1.cs0 [Up, Free]
                2.lo [Up, Running]
                3.ve0 [Down, Running]
                4.any (all links with Ethernet headers)
                """);
        }
    }

    @Test
    void whatTheFilterRefusesIsNotLost() throws Exception {
        // Nothing but what is sent here, so that it can be counted.
        host.set("net/ipv6/conf/cs0/disable_ipv6", "1");
        try (HostProcess program = RunningProgram.start(host, List.of("capture", "-i", "cs0", "-t", "arp or icmp"))) {
            program.awaitText("ready");
            assertThat(host.execute("ip", "-o", "link", "show", "cs0")).contains("qlen 16384");
            host.execute(
                    "sh",
                    "-c",
                    "ping -c 3 -i 0.05 -W 1 -q 10.68.0.2 || true; "
                            + "for i in 1 2 3 4; do echo x > /dev/udp/10.68.0.2/9; done || "
                            + "bash -c 'for i in 1 2 3 4; do echo x > /dev/udp/10.68.0.2/9; done'");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (program.output().lines().count() < 3 && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
            // What is refused behind them shows nowhere until the end.
            RunningProgram.awaitRead(host, "cs0", 7);
            assertThat(program.terminate().await()).isZero();
            assertThat(program.errors())
                    .containsPattern(
                            "3 frames captured, ([4-9]|\\d\\d+) refused by the filter, 0 dropped by this program,"
                                    + " 0 dropped by the kernel\n");
            assertThat(program.output().lines()).hasSize(3).allMatch(line -> line.contains("ICMP echo request"));
        }
        // As it was before.
        assertThat(host.execute("ip", "-o", "link", "show", "cs0")).contains("qlen 1000");
    }

    @Test
    void anInterfaceThatIsDeletedIsAFailure() throws Exception {
        try (HostProcess program = RunningProgram.start(host, List.of("capture", "-i", "cs0"))) {
            program.awaitText("ready");
            host.execute("ip", "link", "delete", "cs0");
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors())
                    .contains(
                            "netty-tap capture: port lost: port=cs0: the interface is gone: it was deleted, "
                                    + "or its network namespace ended\n",
                            "netty-tap capture: no port is left\n");
        }
    }

    @Test
    void aCommandIsRunForEachFileOfARotation() throws Exception {
        String base = directory.resolve("r.pcapng").toString();
        try (HostProcess program = RunningProgram.start(
                host,
                List.of("capture", "-i", "cs0", "-w", base, "-C", "1", "-s", "65535", "-c", "900", "-z", "gzip"))) {
            program.awaitLine("ready");
            for (int i = 0; i < 100 && program.isAlive(); i++) {
                host.execute("sh", "-c", "ping -f -c 300 -s 1400 -w 1 -q 10.68.0.2 || true");
            }
            assertThat(program.await()).as(program.errors()).isZero();
        }
        for (String file : List.of(base, base + "1")) {
            Path zipped = Path.of(file + ".gz");
            for (int i = 0; i < 3_000 && (!Files.exists(zipped) || Files.exists(Path.of(file))); i++) {
                Thread.sleep(20);
            }
            host.execute("gunzip", zipped.toString());
            assertThat(frames(Path.of(file))).isPositive();
        }
    }

    @Test
    void aFileAskedForOverStandardInputIsNotCut() throws Exception {
        Path file = directory.resolve("x.pcapng");
        try (HostProcess program = shell("NETTY_TAP capture -i cs0 -c 3 -w " + file)) {
            program.awaitLine("ready");
            pingUntilEnd(program);
            assertThat(program.await()).isZero();
        }
        byte[] before = Files.readAllBytes(file);
        try (HostProcess program = shell("NETTY_TAP capture -r - -w " + file + " < " + file)) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors()).contains("source and target are the same file: -r -, -w " + file);
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }
}
