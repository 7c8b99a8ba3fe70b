/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.EthernetSwitch;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A thousand clients of one socket. Ten are stopped by a signal while others send to them, ten send nonsense and come
 * again each time they are thrown out: the rest lose nothing, and memory is flat.
 */
@Timeout(120)
class ManyClientsTest {

    private static final int GOOD = 980;
    private static final int STOPPED = 10;
    private static final int SPITEFUL = 10;

    private static final int PHASES = 3;

    /** As much as a client has waiting in the kernel, so that no good client depends on how soon it is read. */
    private static final int FRAMES = 20;

    private static final int BROADCASTS = 3;

    /** For each stopped client and phase: 1.4 MB, where its queue takes 1 MiB and the kernel some more. */
    private static final int LOST_FRAMES = 900;

    private static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final long FIRST_MAC = 0x0200_0000_0000L;
    private static final short COUNTED = (short) 0x88b5;
    private static final short GREETING = (short) 0x88b6;
    private static final int MEMORY_NOISE = 16 << 20;

    @TempDir
    Path directory;

    private final EthernetSwitch lan = new EthernetSwitch(SwitchSettings.DEFAULT, (channel, cause) -> {});
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Random random = new Random(1);
    private Path socket;

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @ParameterizedTest
    @EnumSource(TapIoType.class)
    void othersLoseNothingAndMemoryIsFlat(TapIoType io) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().io(io).threads(1).build();
        open.add(() -> group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync());
        socket = directory.resolve("lan.sock");
        open.add(SocketPort.builder(SocketPortAddress.parse("unix:" + socket))
                .vnetHeader(VnetHeader.V1)
                .handler(name -> lan.newPort(VnetHeader.V1, Set.of(), PortPolicy.DEFAULT))
                .open(group));
        Good[] good = connect();
        learn(good);
        stopClients();
        List<SwitchPort> stoppedPorts = ports(port -> port > GOOD && port <= GOOD + STOPPED);
        assertThat(stoppedPorts).hasSize(STOPPED);
        SocketChannel[] spiteful = new SocketChannel[SPITEFUL];
        open.add(() -> {
            for (SocketChannel channel : spiteful) {
                if (channel != null) {
                    channel.close();
                }
            }
        });
        long[] memory = new long[PHASES];
        for (int phase = 0; phase < PHASES; phase++) {
            sendAll(good, spiteful);
            int frames = (phase + 1) * FRAMES;
            int broadcasts = (phase + 1) * BROADCASTS;
            while (!all(good, client -> client.frames == frames && client.broadcasts >= broadcasts - client.own)) {
                readAll(good);
                assertThat(lostByGood()).as("frames that good clients lost").isZero();
            }
            memory[phase] = used();
        }
        assertThat(stoppedPorts).allSatisfy(port -> assertThat(port.congested()).isPositive());
        assertThat(memory[PHASES - 1]).isLessThan(memory[0] + MEMORY_NOISE);
    }

    private static boolean all(Good[] good, Function<Good, Boolean> condition) {
        for (Good client : good) {
            if (!condition.apply(client)) {
                return false;
            }
        }
        return true;
    }

    /** The ports whose numbers, which a socket gives in the order of its clients, are accepted. */
    private List<SwitchPort> ports(Function<Integer, Boolean> numbers) {
        return lan.ports().stream()
                .filter(port -> numbers.apply(
                        Integer.parseInt(port.name().substring(port.name().indexOf('#') + 1))))
                .toList();
    }

    private long lostByGood() {
        return ports(port -> port <= GOOD).stream()
                .mapToLong(SwitchPort::congested)
                .sum();
    }

    private static long used() {
        System.gc();
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                        .metric()
                        .usedDirectMemory()
                + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private Good[] connect() throws IOException, InterruptedException {
        Selector selector = Selector.open();
        open.add(selector);
        Good[] good = new Good[GOOD];
        for (int i = 0; i < GOOD; i++) {
            good[i] = new Good(i, selector, socket);
            open.add(good[i].channel);
        }
        while (lan.ports().size() < GOOD) {
            Thread.sleep(1);
        }
        return good;
    }

    /** One broadcasts, and all others greet the one, so that the switch knows everybody and floods next to nothing. */
    private void learn(Good[] good) throws IOException {
        good[0].send(BROADCAST, GREETING, 0, 46);
        while (good[1].greetings == 0) {
            readAll(good);
        }
        for (int i = 1; i < GOOD; i++) {
            good[i].send(FIRST_MAC, GREETING, 0, 46);
        }
        while (good[0].greetings < GOOD - 1) {
            readAll(good);
        }
    }

    private void stopClients() throws Exception {
        Process process = new ProcessBuilder(
                        HostProcess.java(Readers.class, List.of(socket.toString(), "" + GOOD, "" + STOPPED)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        open.add(() -> process.destroyForcibly().waitFor());
        BufferedReader lines = process.inputReader();
        assertThat(lines.readLine()).isEqualTo("reading");
        while (lan.ports().size() < GOOD + STOPPED) {
            Thread.sleep(1);
        }
        assertThat(new ProcessBuilder("kill", "-STOP", "" + process.pid())
                        .start()
                        .waitFor())
                .isZero();
        while (!Files.readString(Path.of("/proc", "" + process.pid(), "stat")).contains(") T ")) {
            Thread.sleep(1);
        }
    }

    private void sendAll(Good[] good, SocketChannel[] spiteful) throws IOException {
        for (int frame = 0; frame < FRAMES; frame++) {
            for (int i = 0; i < GOOD; i++) {
                good[i].send(FIRST_MAC + (i + 1) % GOOD, COUNTED, frame, 1_000);
            }
            for (int i = 0; i < LOST_FRAMES * STOPPED / FRAMES; i++) {
                good[2].send(FIRST_MAC + GOOD + i % STOPPED, COUNTED, 0, 1_500);
            }
            for (int i = 0; i < SPITEFUL; i++) {
                spiteful[i] = spite(spiteful[i]);
            }
            if (frame < BROADCASTS) {
                good[3].send(BROADCAST, COUNTED, -1, 100);
            }
            readAll(good);
        }
    }

    /** Sends one of many kinds of nonsense, as a new client if the last one was thrown out. */
    private SocketChannel spite(SocketChannel before) throws IOException {
        SocketChannel channel = before;
        if (channel == null) {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
        }
        byte[] noise = new byte[64];
        random.nextBytes(noise);
        ByteBuffer message = ByteBuffer.wrap(noise);
        int kind = random.nextInt(5);
        switch (kind) {
            case 0 -> message.putInt(0, 0);
            case 1 -> message.putInt(0, 65_551);
            case 2 -> message.putInt(0, Integer.MIN_VALUE | random.nextInt());
            case 3 -> message.putInt(0, 60); // a frame of nonsense, from and to an individual address
            default -> message.putInt(0, 1_000); // half a frame
        }
        noise[4] &= (byte) 0xfe;
        noise[10] &= (byte) 0xfe;
        try {
            channel.write(message);
            if (kind == 3) {
                return channel;
            }
        } catch (IOException e) {
            // Thrown out for what it sent last.
        }
        channel.close();
        return null;
    }

    private static void readAll(Good[] good) throws IOException {
        Selector selector = good[0].selector;
        selector.select(key -> ((Good) key.attachment()).read(), 10);
    }

    /** A client that reads what comes, and checks that nothing of it is missing. */
    private static final class Good {

        private final Selector selector;
        private final SocketChannel channel;
        private final int number;
        private final ByteBuffer received = ByteBuffer.allocate(1 << 16);
        private int frames;
        private int broadcasts;
        private int own;
        private int greetings;

        Good(int number, Selector selector, Path socket) throws IOException {
            this.number = number;
            this.selector = selector;
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send(long destination, short type, int sequence, int payload) throws IOException {
            if (destination == BROADCAST) {
                own++;
            }
            ByteBuffer frame = frame(destination, FIRST_MAC + number, type, sequence, payload);
            while (frame.hasRemaining()) {
                if (channel.write(frame) == 0) {
                    Thread.onSpinWait();
                }
            }
        }

        void read() {
            try {
                while (channel.read(received) > 0) {
                    received.flip();
                    while (received.remaining() >= 4
                            && received.remaining() >= 4 + received.getInt(received.position())) {
                        int length = received.getInt();
                        take(received.slice(received.position(), length));
                        received.position(received.position() + length);
                    }
                    received.compact();
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private void take(ByteBuffer frame) {
            short type = frame.getShort(12);
            if (type == GREETING) {
                greetings++;
            } else if (type == COUNTED && frame.getInt(14) < 0) {
                broadcasts++;
            } else if (type == COUNTED) {
                assertThat(frame.getInt(14)).isEqualTo(frames % FRAMES);
                frames++;
            }
        }
    }

    static ByteBuffer frame(long destination, long source, short type, int sequence, int payload) {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 14 + payload);
        buffer.putInt(14 + payload);
        buffer.putLong(destination << 16 | source >>> 32).putInt((int) source).putShort(type);
        buffer.putInt(sequence);
        return buffer.rewind();
    }

    /** The process that is stopped: reads all that its clients receive, until a signal keeps it from it. */
    public static final class Readers {

        private Readers() {}

        /** Path of the socket, number of the first MAC address, number of clients. */
        public static void main(String[] arguments) throws IOException {
            Selector selector = Selector.open();
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(arguments[0]));
                long mac = FIRST_MAC + Integer.parseInt(arguments[1]) + i;
                channel.write(frame(FIRST_MAC, mac, GREETING, 0, 46));
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, channel);
            }
            System.out.println("reading");
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
            while (true) {
                selector.select(key -> {
                    try {
                        ((SocketChannel) key.attachment()).read(buffer.clear());
                    } catch (IOException e) {
                        System.exit(0);
                    }
                });
            }
        }
    }
}
