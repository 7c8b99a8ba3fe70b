/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.switching.EthernetSwitch;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Socket ports of a switch; on the other side of each are plain sockets of the JDK. */
@ParameterizedClass
@EnumSource(TapIoType.class)
@Timeout(300)
class SocketPortTest {

    private static final long BROADCAST = 0xffff_ffff_ffffL;

    @Parameter
    TapIoType io;

    @TempDir
    Path directory;

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final EthernetSwitch lan = new EthernetSwitch(
            SwitchSettings.DEFAULT,
            (channel, cause) -> events.add("failed " + channel.attr(Port.NAME).get() + ": " + cause));
    private TapEventLoopGroup group;

    @BeforeEach
    void startLoops() {
        group = TapEventLoopGroup.builder().io(io).build();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
    }

    private SocketPort listen(SocketPortAddress address) throws IOException {
        return open(SocketPort.builder(address));
    }

    private SocketPort open(SocketPort.Builder builder) throws IOException {
        SocketPort port = builder.vnetHeader(VnetHeader.V1)
                .handler(name -> lan.newPort(VnetHeader.V1, Set.of(), PortPolicy.DEFAULT))
                .observer(new SocketPort.Observer() {
                    @Override
                    public void connected(String name) {
                        events.add("connected " + name);
                    }

                    @Override
                    public void disconnected(String name, String reason) {
                        events.add("disconnected " + name + ": " + reason);
                    }

                    @Override
                    public void refused(String name, String reason) {
                        events.add("refused " + name);
                    }
                })
                .open(group);
        open.add(port);
        return port;
    }

    private SocketPortAddress unix(String name) {
        return SocketPortAddress.parse("unix:" + directory.resolve(name));
    }

    private SocketChannel client(SocketPort port) throws IOException {
        SocketChannel client = port.boundAddress() instanceof InetSocketAddress
                ? SocketChannel.open(port.boundAddress())
                : SocketChannel.open(
                        UnixDomainSocketAddress.of(port.boundAddress().toString()));
        open.add(client);
        return client;
    }

    private String event() throws InterruptedException {
        String event = events.poll(30, TimeUnit.SECONDS);
        return event == null ? "nothing" : event;
    }

    private static ByteBuffer frame(long destination, long source, int payload) {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 14 + payload);
        buffer.putInt(14 + payload);
        buffer.putLong(destination << 16 | source >>> 32).putInt((int) source).putShort((short) 0x88b5);
        for (int i = 0; i < payload; i++) {
            buffer.put((byte) i);
        }
        return buffer.flip();
    }

    private static void send(SocketChannel client, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    private static ByteBuffer receive(SocketChannel client, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && client.read(buffer) >= 0) {
            continue;
        }
        return buffer.flip();
    }

    @Test
    void clientsOfAUnixSocketTalkThroughTheSwitch() throws Exception {
        SocketPort port = listen(unix("lan.sock"));
        SocketChannel one = client(port);
        assertThat(event()).isEqualTo("connected " + port.address() + "#1");
        SocketChannel two = client(port);
        assertThat(event()).isEqualTo("connected " + port.address() + "#2");
        assertThat(lan.ports()).extracting(Port::name).containsExactly(port.address() + "#1", port.address() + "#2");
        for (int payload : new int[] {0, 1, 46, 1_500, 65_535}) {
            ByteBuffer frame = frame(BROADCAST, 0x0200_0000_0001L, payload);
            send(one, frame.duplicate());
            assertThat(receive(two, frame.remaining())).isEqualTo(frame);
        }
        ByteBuffer answer = frame(0x0200_0000_0001L, 0x0200_0000_0002L, 100);
        send(two, answer.duplicate());
        assertThat(receive(one, answer.remaining())).isEqualTo(answer);
        two.close();
        assertThat(event()).isEqualTo("disconnected " + port.address() + "#2: closed by the peer");
        assertThat(lan.ports()).hasSize(1);
        awaitPeers(port, 1);
    }

    /** The number of a peer is free a moment after its end was reported, so that a name is never two peers'. */
    private static void awaitPeers(SocketPort port, int count) throws InterruptedException {
        while (port.peers() != count) {
            Thread.sleep(1);
        }
    }

    @Test
    void tcpAsWell() throws Exception {
        SocketPort port = listen(SocketPortAddress.parse("tcp:[::1]:0"));
        SocketChannel one = client(port);
        event();
        SocketChannel two = client(port);
        event();
        ByteBuffer frame = frame(BROADCAST, 0x0200_0000_0001L, 1_000);
        send(one, frame.duplicate());
        assertThat(receive(two, frame.remaining())).isEqualTo(frame);
    }

    @Test
    void nonsenseClosesItsClientAlone() throws Exception {
        SocketPort port = listen(unix("lan.sock"));
        SocketChannel good = client(port);
        event();
        SocketChannel zero = client(port);
        event();
        send(zero, ByteBuffer.wrap(new byte[4]));
        assertThat(event())
                .isEqualTo("disconnected " + port.address()
                        + "#2: bad length of a frame: length=0 (expected: 1 to 65550)");
        assertThat(zero.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        awaitPeers(port, 1);
        SocketChannel half = client(port);
        assertThat(event()).isEqualTo("connected " + port.address() + "#2");
        send(half, ByteBuffer.allocate(10).putInt(100).rewind());
        half.close();
        assertThat(event())
                .isEqualTo("disconnected " + port.address() + "#2: the stream ends within a frame: bytes=10");
        awaitPeers(port, 1);
        // Too short for Ethernet: counted, nothing worse.
        send(good, ByteBuffer.allocate(5).putInt(1).rewind());
        SocketChannel other = client(port);
        event();
        ByteBuffer frame = frame(BROADCAST, 0x0200_0000_0001L, 46);
        send(good, frame.duplicate());
        assertThat(receive(other, frame.remaining())).isEqualTo(frame);
        assertThat(lan.ports().get(0).malformed()).isEqualTo(1);
    }

    @Test
    void aStoppedClientLosesItsOwnFrames() throws Exception {
        SocketPort port = open(SocketPort.builder(unix("lan.sock")).maxQueuedBytes(1 << 17));
        SocketChannel sender = client(port);
        event();
        client(port); // reads nothing
        event();
        SocketChannel reader = client(port);
        event();
        ByteBuffer frame = frame(BROADCAST, 0x0200_0000_0001L, 1_500);
        int count = 2_000;
        for (int i = 0; i < count; i++) {
            send(sender, frame.duplicate());
            assertThat(receive(reader, frame.remaining())).isEqualTo(frame);
        }
        assertThat(lan.ports().get(1).congested()).isBetween(1L, (long) count);
        assertThat(lan.ports().get(2).congested()).isZero();
    }

    @Test
    void theSocketIsItsOwnersAlone() throws Exception {
        SocketPort port = listen(unix("lan.sock"));
        Path file = directory.resolve("lan.sock");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThatIOException()
                .isThrownBy(() -> listen(unix("lan.sock")))
                .withMessage("another program has this socket: port=" + port.address()
                        + " (expected: a path of its own for each port; to join that program: unix-connect:" + file
                        + ")");
        port.close();
        assertThat(file).doesNotExist();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aSocketThatADeadProcessLeftIsReplaced() throws Exception {
        Path file = directory.resolve("lan.sock");
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(file)).close();
        assertThat(file).exists();
        client(listen(unix("lan.sock")));
        assertThat(event()).startsWith("connected");
    }

    @Test
    void anotherFileIsNotReplaced() throws Exception {
        Files.writeString(directory.resolve("lan.sock"), "mine");
        assertThatIOException()
                .isThrownBy(() -> listen(unix("lan.sock")))
                .withMessage("a file that is no socket is in the way: port=" + unix("lan.sock")
                        + " (expected: a path where nothing is)");
        assertThat(directory.resolve("lan.sock")).hasContent("mine");
    }

    @Test
    void oneTooManyIsTurnedAway() throws Exception {
        SocketPort port = open(SocketPort.builder(unix("lan.sock")).maxPeers(1));
        client(port);
        assertThat(event()).startsWith("connected");
        assertThat(client(port).read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(event()).isEqualTo("refused " + port.address() + "#2");
    }

    @Test
    void aClientReturnsAfterEachLoss() throws Exception {
        Path file = directory.resolve("vm.sock");
        SocketPort port = open(SocketPort.builder(SocketPortAddress.parse("unix-connect:" + file)));
        assertThat(event()).isEqualTo("refused " + port.address());
        for (int i = 0; i < 2; i++) {
            SocketChannel accepted;
            try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(UnixDomainSocketAddress.of(file));
                accepted = server.accept();
                Files.delete(file);
            }
            // Nobody is there when the connection ends, however soon the client is back.
            try (accepted) {
                assertThat(event()).isEqualTo("connected " + port.address());
            }
            assertThat(event()).isEqualTo("disconnected " + port.address() + ": closed by the peer");
            assertThat(event()).isEqualTo("refused " + port.address());
        }
    }

    @Test
    void twoSwitchesAreJoinedByAStream() throws Exception {
        SocketPort left = listen(unix("lan.sock"));
        open(SocketPort.builder(SocketPortAddress.parse("unix-connect:" + directory.resolve("lan.sock"))));
        assertThat(List.of(event(), event()))
                .containsExactlyInAnyOrder(
                        "connected " + left.address() + "#1",
                        "connected unix-connect:" + directory.resolve("lan.sock"));
    }

    @Test
    void udpBetweenTwoFixedAddresses() throws Exception {
        SocketPort port;
        SocketChannel guest;
        try (DatagramChannel peer = DatagramChannel.open().bind(address("127.0.0.1:0"))) {
            // While the peer has its port, so that they are two.
            String one = "127.0.0.1:" + freePort();
            String two = "127.0.0.1:" + ((InetSocketAddress) peer.getLocalAddress()).getPort();
            port = open(SocketPort.builder(SocketPortAddress.parse("udp:" + one + "-" + two)));
            guest = client(listen(unix("lan.sock")));
            assertThat(List.of(event(), event())).allMatch(event -> event.startsWith("connected"));
            peer.connect(address(one));
            ByteBuffer frame = frame(BROADCAST, 0x0200_0000_0001L, 1_500);
            ByteBuffer bare = frame.duplicate().position(4);
            peer.write(bare.duplicate());
            assertThat(receive(guest, frame.remaining())).isEqualTo(frame);
            send(guest, frame(0x0200_0000_0001L, 0x0200_0000_0002L, 60));
            ByteBuffer received = ByteBuffer.allocate(65_536);
            peer.read(received);
            assertThat(received.flip())
                    .isEqualTo(frame(0x0200_0000_0001L, 0x0200_0000_0002L, 60).position(4));
        }
        // The peer is gone, and what is sent to it refused: a lost frame, not the end of the port.
        for (int i = 0; i < 3; i++) {
            send(guest, frame(0x0200_0000_0001L, 0x0200_0000_0002L, 60));
            Thread.sleep(20);
        }
        assertThat(port.peers()).isEqualTo(1);
        assertThat(lan.ports()).hasSize(2);
    }

    private static int freePort() throws IOException {
        try (DatagramChannel probe = DatagramChannel.open()) {
            return ((InetSocketAddress) probe.bind(address("127.0.0.1:0")).getLocalAddress()).getPort();
        }
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    @Test
    void unixDatagramSocketsNeedEpoll() throws Exception {
        SocketPortAddress address = SocketPortAddress.parse("unixgram:" + directory.resolve("vm.sock"));
        if (io == TapIoType.IO_URING) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listen(address))
                    .withMessage("Netty has no Unix datagram sockets on io_uring"
                            + " (expected: event loops on epoll, such as with --io epoll)");
            return;
        }
        SocketPort waiting = listen(address);
        SocketPort greeting =
                open(SocketPort.builder(SocketPortAddress.parse("unixgram-connect:" + directory.resolve("vm.sock"))));
        assertThat(List.of(event(), event()))
                .containsExactlyInAnyOrder("connected " + waiting.address(), "connected " + greeting.address());
        assertThat(greeting.peers()).isEqualTo(1);
        while (waiting.peers() == 0) {
            Thread.sleep(5);
        }
        greeting.close();
        assertThat(event()).startsWith("disconnected " + greeting.address());
        // Within a second or so it is noticed, and the socket waits for another peer.
        assertThat(event()).isEqualTo("disconnected " + waiting.address() + ": the peer's socket is gone");
        assertThat(event()).isEqualTo("connected " + waiting.address());
        assertThat(waiting.peers()).isZero();
    }
}
