/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ports that are removed and added by {@code ctl} while TCP goes through the program, whose ends compare what was sent
 * and what has arrived. The flows go on until the test has done its part, however slow the machine is.
 *
 * <pre>
 *   left (fx0) ──────► right (fx1)     keeps on
 *        └───────────► guest (fx2)     stands still while fx2 is gone, and goes on after
 * </pre>
 */
@KernelTest
class SwitchPortsUnderLoadTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final int PATIENCE_SECONDS = 120;
    private static final int SOME_BYTES = 5_000_000;
    private static final int CHUNK = 16 * 1024;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile boolean ended;
    private Host middle;
    private Host left;
    private Host right;
    private Host guest;

    @TempDir
    Path directory;

    @BeforeEach
    void makeNamespaces() throws Exception {
        middle = network.host();
        left = network.host();
        right = network.host();
        guest = Host.create();
    }

    @AfterEach
    void cleanUp() throws Exception {
        ended = true;
        threads.shutdown();
        guest.close();
        assertThat(threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void flowBetweenOtherPortsKeepsOnAndThatOfThePortGoesOnOnceItIsBack() throws Exception {
        Path socket = directory.resolve("control");
        Ctl ctl = new Ctl(socket);
        try (HostProcess program = RunningProgram.start(
                        middle,
                        List.of("switch", "fx0", "fx1", "fx2", "--threads", "2", "--control", socket.toString()))
                .awaitLine("ready")) {
            left.take(middle.namespace(), "fx0", "10.77.0.1/24");
            right.take(middle.namespace(), "fx1", "10.77.0.2/24");
            settle();
            Flow other = start(right, "10.77.0.2");
            Flow own = start(guest, "10.77.0.3");
            awaitBytes(ctl, "fx2");

            ctl.ask("ports/remove", "fx2");
            assertThat(guest.execute("ip", "-o", "link")).doesNotContain("fx2");
            awaitBytes(ctl, "fx1");
            ctl.ask("ports/add", "fx2");
            assertThat(own.sent()).as("still under way, as it stands still").isNotDone();
            assertThat(other.sent()).as("still under way").isNotDone();
            settle();
            awaitBytes(ctl, "fx2");
            ended = true;
            assertArrived(other);
            assertArrived(own);
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output()).containsPattern("\n\\(removed\\) +[1-9]");
        }
    }

    /** With the same MAC address each time, as a machine has whose cable was pulled. */
    private void settle() throws Exception {
        middle.execute("ip", "link", "set", "fx2", "address", "02:00:00:00:00:03");
        guest.take(middle.namespace(), "fx2", "10.77.0.3/24");
    }

    /** A stream of at most 16 MB a second, until the test ends it. */
    private Flow start(Host host, String address) throws Exception {
        ServerSocketChannel server = host.call(ServerSocketChannel::open);
        server.bind(new InetSocketAddress(address, 0));
        Future<String> received = threads.submit(() -> receive(server));
        SocketChannel client = left.call(SocketChannel::open);
        Future<String> sent = threads.submit(() -> send(client, server.getLocalAddress()));
        return new Flow(sent, received);
    }

    private String send(SocketChannel client, SocketAddress address) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        Random random = new Random(1);
        byte[] chunk = new byte[CHUNK];
        long bytes = 0;
        try (client) {
            client.connect(address);
            while (!ended) {
                random.nextBytes(chunk);
                digest.update(chunk);
                for (ByteBuffer rest = ByteBuffer.wrap(chunk); rest.hasRemaining(); ) {
                    bytes += client.write(rest);
                }
                Thread.sleep(1);
            }
        }
        return bytes + " bytes, " + HexFormat.of().formatHex(digest.digest());
    }

    private static String receive(ServerSocketChannel server) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        long bytes = 0;
        try (server;
                SocketChannel accepted = server.accept()) {
            while (accepted.read(buffer.clear()) >= 0) {
                bytes += buffer.position();
                digest.update(buffer.flip());
            }
        }
        return bytes + " bytes, " + HexFormat.of().formatHex(digest.digest());
    }

    private static void assertArrived(Flow flow) throws Exception {
        assertThat(flow.received().get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(flow.sent().get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    private record Flow(Future<String> sent, Future<String> received) {}

    /** Until a port has sent some bytes more. */
    private static void awaitBytes(Ctl ctl, String port) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        long first = bytesOut(ctl, port);
        while (bytesOut(ctl, port) < first + SOME_BYTES) {
            assertThat(System.nanoTime()).as("bytes at " + port).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static long bytesOut(Ctl ctl, String port) {
        Matcher count = Pattern.compile("\"port\":\"" + port + "\".*?\"bytesOut\":([0-9]+)")
                .matcher(ctl.ask("stats", "--json"));
        assertThat(count.find()).isTrue();
        return Long.parseLong(count.group(1));
    }
}
