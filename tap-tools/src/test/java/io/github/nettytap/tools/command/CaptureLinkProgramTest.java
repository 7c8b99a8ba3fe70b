/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** {@code capture -i} on links that are no TAPs, and on all of them, beside tcpdump. */
@KernelTest
@Timeout(180)
class CaptureLinkProgramTest {

    private static final int FRAMES = 100_000;

    @TempDir
    Path directory;

    private final Host host = Host.create();
    private final Host far = Host.create();

    CaptureLinkProgramTest() throws Exception {}

    @BeforeEach
    void connect() throws Exception {
        host.execute("ip", "link", "set", "lo", "up");
        host.execute("ip", "link", "add", "cl0", "type", "veth", "peer", "name", "cl1");
        host.execute("ip", "address", "add", "10.94.0.1/24", "dev", "cl0");
        host.execute("ip", "link", "set", "cl0", "up");
        far.take(host.namespace(), "cl1", "10.94.0.2/24");
    }

    @AfterEach
    void close() {
        far.close();
        host.close();
    }

    private HostProcess capture(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("capture"));
        arguments.addAll(List.of(options));
        return RunningProgram.start(host, arguments);
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private static void send(Host from, String to, int frames) throws Exception {
        Random random = new Random(frames);
        byte[] payload = new byte[1400];
        try (DatagramSocket socket = from.call(DatagramSocket::new)) {
            InetAddress address = InetAddress.getByName(to);
            for (int i = 0; i < frames; i++) {
                random.nextBytes(payload);
                socket.send(new DatagramPacket(payload, 1 + random.nextInt(payload.length), address, 9));
                if (i % 200 == 0) {
                    TimeUnit.MILLISECONDS.sleep(10); // 20,000 frames a second
                }
            }
        }
    }

    private static <T> List<T> frames(String file, Function<CapturedFrame, T> view) throws Exception {
        List<T> frames = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(Path.of(file))) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(view.apply(frame));
            }
        }
        return frames;
    }

    private static String bytes(CapturedFrame frame) {
        return frame.originalLength() + " " + Integer.toHexString(frame.data().hashCode()) + " "
                + ByteBufUtil.hexDump(frame.data(), 0, Math.min(64, frame.data().readableBytes()));
    }

    private static String origin(CapturedFrame frame) {
        return frame.captureInterface().name() + " " + frame.direction();
    }

    /** Half of them go out and half come in, each half in turn: two sockets may see two processors in another order. */
    @Test
    void fileHasTheFramesThatTcpdumpHas() throws Exception {
        String limit = Integer.toString(FRAMES);
        try (HostProcess ours = capture("-i", "cl0", "-w", file("ours.pcapng"), "-c", limit, "udp", "port", "9")
                .awaitLine("ready")) {
            Process tcpdump = host.call(() -> new ProcessBuilder(
                            "tcpdump",
                            "-i",
                            "cl0",
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
                assertThat(tcpdump.inputReader().readLine()).contains("listening on cl0");
                send(host, "10.94.0.2", FRAMES / 2);
                send(far, "10.94.0.1", FRAMES / 2);
                assertThat(tcpdump.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                tcpdump.destroyForcibly().onExit().join();
            }
            assertThat(ours.await()).isZero();
            assertThat(ours.errors())
                    .contains(FRAMES + " frames captured, ", " 0 dropped by this program, 0 dropped by the kernel");
        }
        List<String> frames = frames(file("ours.pcapng"), CaptureLinkProgramTest::bytes);
        assertThat(frames).hasSize(FRAMES);
        assertThat(frames.equals(frames(file("tcpdump.pcap"), CaptureLinkProgramTest::bytes)))
                .as("equal frame by frame")
                .isTrue();
        assertThat(counts(frames(file("ours.pcapng"), CaptureLinkProgramTest::origin)))
                .containsOnlyKeys("cl0 INBOUND", "cl0 OUTBOUND")
                .allSatisfy((origin, count) -> assertThat(count).isEqualTo(FRAMES / 2));
    }

    private static TreeMap<String, Integer> counts(List<String> all) {
        TreeMap<String, Integer> counts = new TreeMap<>();
        all.forEach(one -> counts.merge(one, 1, Integer::sum));
        return counts;
    }

    @Test
    void allLinksAreInterfacesOfOneFileAndLoopbackIsThereOnce() throws Exception {
        host.execute("ip", "link", "add", "cl2", "type", "veth", "peer", "name", "cl3");
        try (HostProcess ours = capture("-i", "any", "-w", file("any.pcapng"), "-c", "60", "udp", "port", "9")
                .awaitLine("ready")) {
            // Interfaces may come later.
            host.execute("ip", "link", "add", "late", "type", "bridge");
            host.execute("ip", "address", "add", "10.95.0.1/24", "dev", "late");
            host.execute("ip", "link", "set", "cl2", "master", "late", "up");
            host.execute("ip", "link", "set", "cl3", "up");
            host.execute("ip", "link", "set", "late", "up");
            host.execute("ip", "neighbor", "add", "10.95.0.2", "lladdr", "02:00:00:00:00:09", "dev", "late");
            send(host, "127.0.0.1", 10);
            send(far, "10.94.0.1", 20);
            send(host, "10.95.0.2", 10); // out of the bridge, out of cl2, and into cl3
            assertThat(ours.await()).isZero();
        }
        assertThat(counts(frames(file("any.pcapng"), CaptureLinkProgramTest::origin)))
                .hasToString("{cl0 INBOUND=20, cl2 OUTBOUND=10, cl3 INBOUND=10, late OUTBOUND=10, lo INBOUND=10}");
        assertThat(host.execute("tshark", "-r", file("any.pcapng"), "-Y", "frame.interface_name == lo")
                        .lines())
                .filteredOn(line -> line.contains("UDP"))
                .hasSize(10);
    }

    @Test
    void linesOfAllLinksSayWhichAndWhichWay() throws Exception {
        try (HostProcess ours = capture("-i", "any", "-t", "-c", "2", "icmp").awaitText("ready")) {
            far.ping(1, "10.94.0.1");
            assertThat(ours.await()).isZero();
            assertThat(ours.output().lines())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .startsWith("cl0   In  IP 10.94.0.2 > 10.94.0.1: ICMP echo request"),
                            line -> assertThat(line).startsWith("cl0   Out IP 10.94.0.1 > 10.94.0.2: ICMP echo reply"));
        }
    }

    @Test
    void oneDirectionIsCaptured() throws Exception {
        for (String direction : List.of("in", "out")) {
            try (HostProcess ours = capture("-i", "cl0", "-Q", direction, "-t", "-c", "1", "icmp")
                    .awaitText("ready")) {
                far.ping(1, "10.94.0.1");
                assertThat(ours.await()).isZero();
                assertThat(ours.output()).contains(direction.equals("in") ? "echo request" : "echo reply");
            }
        }
    }

    /** The kernel takes the tag out before a socket sees the frame; filters and file have it again. */
    @Test
    void tagsAreWhereTheyWereOnTheWire() throws Exception {
        try (HostProcess sender = RunningProgram.start(far, List.of("switch", "red0,vlan=7", "if:cl1,trunk=7"))
                        .awaitLine("ready");
                HostProcess ours = capture("-i", "cl0", "-w", file("tags.pcapng"), "-c", "5", "vlan 7 and udp port 9")
                        .awaitLine("ready")) {
            far.execute("ip", "address", "add", "10.96.0.2/24", "dev", "red0");
            far.execute("ip", "neighbor", "add", "10.96.0.1", "lladdr", "02:00:00:00:00:09", "dev", "red0");
            send(far, "10.94.0.1", 5);
            send(far, "10.96.0.1", 5);
            assertThat(ours.await()).isZero();
            assertThat(sender.terminate().await()).isZero();
        }
        assertThat(frames(file("tags.pcapng"), frame -> ByteBufUtil.hexDump(frame.data(), 12, 6)))
                .containsOnly("810000070800");
    }

    /** GSO frames of this machine are noted as such, so that a replay hands them to the kernel as they were. */
    @Test
    void whatTheKernelLeavesUndoneIsNoted() throws Exception {
        try (HostProcess ours =
                capture("-i", "cl0", "-w", file("tcp.pcapng"), "tcp").awaitLine("ready")) {
            HashedTransfer.assertSameBytes(host::call, far::call, InetAddress.getByName("10.94.0.2"), 5);
            assertThat(ours.terminate().await()).isZero();
        }
        assertThat(frames(file("tcp.pcapng"), frame -> frame.originalLength() <= 1514 || frame.note() != null))
                .isNotEmpty()
                .containsOnly(true);
    }

    @Test
    void aTapThatAProgramHasIsCapturedAsALink() throws Exception {
        try (HostProcess echo =
                RunningProgram.start(host, List.of("echo", "ce0", "10.97.0.2")).awaitLine("ready")) {
            host.execute("ip", "address", "add", "10.97.0.1/24", "dev", "ce0");
            try (HostProcess ours =
                    capture("-i", "if:ce0", "-t", "-c", "2", "icmp").awaitText("ready")) {
                host.ping(1, "10.97.0.2");
                assertThat(ours.await()).isZero();
                assertThat(ours.output()).contains("10.97.0.1 > 10.97.0.2", "10.97.0.2 > 10.97.0.1");
            }
            assertThat(echo.terminate().await()).isZero();
        }
    }

    @Test
    void aLinkThatIsDeletedIsAFailure() throws Exception {
        try (HostProcess ours = capture("-i", "cl0", "-w", file("gone.pcapng")).awaitLine("ready")) {
            host.execute("ip", "link", "delete", "cl0");
            assertThat(ours.await()).isEqualTo(1);
            assertThat(ours.errors())
                    .contains(
                            "netty-tap capture: port lost: port=cl0: the interface is gone: it was deleted, "
                                    + "or its network namespace ended\n",
                            "netty-tap capture: no port is left\n");
        }
    }
}
