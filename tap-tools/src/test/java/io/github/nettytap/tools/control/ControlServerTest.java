/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

class ControlServerTest {

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final AtomicLong made = new AtomicLong();

    @TempDir
    Path directory;

    @AfterEach
    void close() throws Exception {
        Collections.reverse(toClose);
        for (AutoCloseable resource : toClose) {
            resource.close();
        }
    }

    @Test
    void answersRequestsOneAfterTheOther() throws Exception {
        listen();
        ControlClient client = track(ControlClient.connect(path()));
        List<String> lines = new ArrayList<>();
        assertThat(client.ask("count 2", lines::add)).isNull();
        assertThat(client.ask("count 1", lines::add)).isNull();
        assertThat(lines).containsExactly("{\"n\":0}", "{\"n\":1}", "{\"n\":0}");
    }

    @Test
    void failureIsTheLastLine() throws Exception {
        listen();
        ControlClient client = track(ControlClient.connect(path()));
        assertThat(client.ask("fail", line -> {})).isEqualTo("{\"error\":\"no: \\\"fail\\\"\"}");
        assertThat(client.ask("count 0", line -> {})).isNull();
    }

    @Test
    void requestThatIsNoTextIsRefused() throws Exception {
        listen();
        SocketChannel client = connect();
        client.write(ByteBuffer.wrap(new byte[] {'x', (byte) 0xc3, '(', '\n'}));
        assertThat(reader(client).readLine())
                .isEqualTo("{\"error\":\"request is not UTF-8: bytes=3 (expected: text)\"}");
    }

    @Test
    void requestsThatAreSentAtOnceAreAllAnsweredAndTheLastNeedsNoEnd() throws Exception {
        listen();
        SocketChannel client = connect();
        send(client, "count 1\nfail\n\r\ncount 0");
        client.shutdownOutput();
        assertThat(lines(client))
                .containsExactly(
                        "{\"n\":0}",
                        "{\"ok\":true}",
                        "{\"error\":\"no: \\\"fail\\\"\"}",
                        "{\"error\":\"no: \\\"\\\"\"}",
                        "{\"ok\":true}");
    }

    @Test
    void requestThatComesInPiecesIsPutTogether() throws Exception {
        listen();
        SocketChannel client = connect();
        for (String piece : List.of("cou", "nt", " 1", "\n")) {
            send(client, piece);
        }
        assertThat(reader(client).readLine()).isEqualTo("{\"n\":0}");
    }

    @Test
    void longestRequestIsTaken() throws Exception {
        listen();
        SocketChannel client = connect();
        send(client, "count 1" + " ".repeat(ControlServer.MAX_REQUEST - 7) + "\n");
        assertThat(reader(client).readLine()).isEqualTo("{\"n\":0}");
    }

    @Test
    void clientWithATooLongRequestIsRefused() throws Exception {
        listen();
        SocketChannel client = connect();
        send(client, "x".repeat(ControlServer.MAX_REQUEST + 1));
        assertThat(lines(client)).containsExactly("{\"error\":\"request too long (expected: at most 4096 bytes)\"}");
    }

    @Test
    void oneClientTooManyIsRefused() throws Exception {
        listen();
        for (int i = 0; i < ControlServer.MAX_CLIENTS; i++) {
            assertThat(track(ControlClient.connect(path())).ask("count 0", line -> {}))
                    .isNull();
        }
        assertThat(lines(connect()))
                .containsExactly("{\"error\":\"too many clients: clients=16 (expected: at most 16 at a time)\"}");
    }

    @Test
    void clientThatDoesNotReadIsWaitedForWithoutHoldingOthersOrMemory() throws Exception {
        listen();
        SocketChannel sleeper = connect();
        send(sleeper, "count 100000000\n");
        // It is written to until its buffers are full, before anybody else is heard.
        assertThat(sleeper.read(ByteBuffer.allocate(1))).isOne();
        ControlClient other = track(ControlClient.connect(path()));
        assertThat(other.ask("count 1", line -> {})).isNull();
        long before = made.get();
        assertThat(other.ask("count 1", line -> {})).isNull();
        assertThat(made.get() - before).as("lines that were made meanwhile").isEqualTo(1);
        assertThat(before).as("lines that wait").isLessThan(100_000);
    }

    @Test
    void clientThatAsksNothingLosesItsPlace() throws Exception {
        track(ControlServer.open(path(), this::answer, Duration.ofSeconds(3)));
        List<SocketChannel> idle = new ArrayList<>();
        idle.add(connect());
        send(idle.get(0), "half a requ");
        while (idle.size() < ControlServer.MAX_CLIENTS) {
            idle.add(connect());
        }
        for (SocketChannel client : idle) {
            assertThat(lines(client))
                    .last()
                    .isEqualTo("{\"error\":\"no request came: seconds=3 (expected: one before)\"}");
        }
        ControlClient next = track(ControlClient.connect(path()));
        assertThat(next.ask("count 0", line -> {})).isNull();
    }

    @Test
    void clientThatReadsAgainGetsAll() throws Exception {
        listen();
        SocketChannel client = connect();
        send(client, "count 200000\n");
        Thread.sleep(100);
        BufferedReader reader = reader(client);
        for (int i = 0; i < 200_000; i++) {
            assertThat(reader.readLine()).isEqualTo("{\"n\":" + i + "}");
        }
        assertThat(reader.readLine()).isEqualTo("{\"ok\":true}");
    }

    @Test
    void socketIsForItsOwnerOnlyAndGoesWithTheServer() throws Exception {
        ControlServer server = ControlServer.open(path(), this::answer);
        assertThat(Files.getPosixFilePermissions(path())).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        server.close();
        assertThat(path()).doesNotExist();
    }

    @Test
    void socketOfADeadProcessIsReplaced() throws Exception {
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path()));
        }
        assertThat(path()).exists();
        listen();
        assertThat(track(ControlClient.connect(path())).ask("count 0", line -> {}))
                .isNull();
    }

    @Test
    void socketOfALivingProcessIsLeftAlone() throws Exception {
        listen();
        assertThatThrownBy(() -> ControlServer.open(path(), this::answer))
                .isInstanceOf(IOException.class)
                .hasMessage("another program has this socket: path=" + path()
                        + " (expected: a path of its own for each switch)");
        assertThat(track(ControlClient.connect(path())).ask("count 0", line -> {}))
                .isNull();
    }

    @Test
    void fileInTheWayIsLeftAlone() throws Exception {
        Files.writeString(path(), "precious");
        assertThatThrownBy(() -> ControlServer.open(path(), this::answer))
                .isInstanceOf(IOException.class)
                .hasMessage("a file that is no socket is in the way: path=" + path()
                        + " (expected: a path where nothing is)");
        assertThat(path()).hasContent("precious");
    }

    @Test
    void missingDirectoryIsNamed() {
        Path path = directory.resolve("none").resolve("s");
        assertThatThrownBy(() -> ControlServer.open(path, this::answer))
                .isInstanceOf(IOException.class)
                .hasMessage("no directory for the socket: path=" + path
                        + " (expected: a path in a directory that exists, such as /run/lan.sock)");
    }

    @Test
    void pathThatTheKernelWouldRefuseIsRefused() {
        Path path = Path.of("/" + "x".repeat(107));
        assertThatThrownBy(() -> ControlServer.open(path, this::answer))
                .isInstanceOf(IOException.class)
                .hasMessage("the path of the control socket is too long: path=" + path
                        + ", bytes=108 (expected: at most 107)");
    }

    private void listen() throws Exception {
        track(ControlServer.open(path(), this::answer));
    }

    private Iterator<String> answer(String request) {
        if (!request.startsWith("count ")) {
            throw new IllegalArgumentException("no: \"" + request + "\"");
        }
        return LongStream.range(0, Long.parseLong(request.substring(6)))
                .peek(n -> made.incrementAndGet())
                .mapToObj(n -> "{\"n\":" + n + "}")
                .iterator();
    }

    private Path path() {
        return directory.resolve("s");
    }

    private SocketChannel connect() throws IOException {
        return track(SocketChannel.open(UnixDomainSocketAddress.of(path())));
    }

    private static void send(SocketChannel client, String text) throws IOException {
        client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static BufferedReader reader(SocketChannel client) {
        return new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
    }

    private static List<String> lines(SocketChannel client) {
        return reader(client).lines().toList();
    }

    private <T extends AutoCloseable> T track(T resource) {
        toClose.add(resource);
        return resource;
    }
}
