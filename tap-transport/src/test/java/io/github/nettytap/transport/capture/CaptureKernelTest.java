/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.InterfaceStatistics;
import io.github.nettytap.codec.pcap.VirtioNetNote;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What we capture on a TAP beside what tcpdump captures there, frame by frame. */
@KernelTest
class CaptureKernelTest {

    private static final int FRAMES = 100_000;
    private static final int VNET_HEADER = 12;
    private static final CaptureInterface TAP0 = CaptureInterface.ethernet("tap0");

    @TempDir
    Path directory;

    private final AtomicInteger read = new AtomicInteger();
    private Capture capture;
    private EventLoopGroup group;
    private NetworkNamespace namespace;
    private TapDevice device;
    private Path ours;
    private Path theirs;

    @BeforeEach
    void open() throws Exception {
        ours = directory.resolve("ours.pcapng");
        theirs = directory.resolve("theirs.pcap");
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        namespace = NetworkNamespace.create();
        // Only what the test sends shall be there to capture.
        namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
    }

    @AfterEach
    void close() throws Exception {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        if (capture != null) {
            capture.close();
        }
        if (device != null) {
            device.close();
        }
        namespace.close();
    }

    private void start(Set<TapOffload> offloads) throws Exception {
        device = TapDevice.builder("tap0")
                .vnetHeader(VNET_HEADER)
                .offloads(offloads)
                .address(Cidr.parse("10.0.0.1/24"))
                .up(true)
                .namespace(namespace)
                .open();
        Process neighbor = run("ip neigh add 10.0.0.2 lladdr 52:54:00:00:00:02 dev tap0");
        assertThat(neighbor.waitFor()).as("%s", neighbor.info()).isZero();
        capture = Capture.toFile(ours).ringBytes(1 << 27).start();
        new Bootstrap()
                .group(group)
                .channelFactory(TapChannel.factory(device))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new CaptureHandler(capture, TAP0, VnetHeader.ofLength(VNET_HEADER)),
                                        new SimpleChannelInboundHandler<>() {
                                            @Override
                                            protected void channelRead0(ChannelHandlerContext ctx, Object message) {
                                                read.incrementAndGet();
                                            }
                                        });
                    }
                })
                .register()
                .sync();
    }

    private Process run(String command) throws Exception {
        return namespace.call(() ->
                new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start());
    }

    private Process startTcpdump() throws Exception {
        Process tcpdump = run("tcpdump -i tap0 -n -B 131072 -c " + FRAMES + " -Z " + System.getProperty("user.name")
                + " -w " + theirs);
        BufferedReader output = tcpdump.inputReader();
        String line = output.readLine();
        while (line != null && !line.contains("listening on")) {
            line = output.readLine();
        }
        assertThat(line).as("tcpdump listens").isNotNull();
        return tcpdump;
    }

    /** It ends by itself when it has all frames: told to, it would leave without those not yet handed to it. */
    private static void awaitEnd(Process tcpdump) throws Exception {
        try {
            assertThat(tcpdump.waitFor(120, TimeUnit.SECONDS))
                    .as("tcpdump has all frames")
                    .isTrue();
        } finally {
            tcpdump.destroyForcibly().waitFor();
            tcpdump.getInputStream().close();
            tcpdump.getErrorStream().close();
            tcpdump.getOutputStream().close();
        }
    }

    /** Sends datagrams, never so many that the queue of the TAP drops any: tcpdump would see those, and we not. */
    private void send(int datagrams, int maxLength) throws Exception {
        Random random = new Random(1);
        try (DatagramChannel sender = namespace.call(DatagramChannel::open)) {
            sender.connect(new InetSocketAddress("10.0.0.2", 5_000));
            for (int i = 0; i < datagrams; i++) {
                // Not empty: the channel would not send that.
                byte[] payload = new byte[1 + random.nextInt(maxLength)];
                random.nextBytes(payload);
                sender.write(ByteBuffer.wrap(payload));
                await(i - 500);
            }
        }
        await(datagrams);
    }

    private void await(int frames) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (read.get() < frames) {
            assertThat(System.nanoTime()).as("frames read: " + read.get()).isLessThan(deadline);
            Thread.sleep(1);
        }
    }

    @Test
    void ourFramesAreThoseOfTcpdump() throws Exception {
        start(TapOffload.NONE);
        Process tcpdump = startTcpdump();
        send(FRAMES, 1_400);
        awaitEnd(tcpdump);
        capture.close();

        assertThat(capture.statistics(TAP0)).isEqualTo(new InterfaceStatistics(FRAMES, 0, FRAMES));
        int different = 0;
        try (CaptureReader us = CaptureReader.open(ours);
                CaptureReader them = CaptureReader.open(theirs)) {
            for (int i = 0; i < FRAMES; i++) {
                CapturedFrame frame = us.next();
                different += frame.data().equals(them.next().data()) ? 0 : 1;
                assertThat(frame.direction()).isEqualTo(FrameDirection.INBOUND);
            }
            assertThat(us.next()).isNull();
            assertThat(them.next()).isNull();
        }
        assertThat(different).isZero();
    }

    @Test
    void anUnfinishedChecksumIsNoted() throws Exception {
        start(TapOffload.ALL);
        send(10, 1_400);
        capture.close();

        try (CaptureReader reader = CaptureReader.open(ours)) {
            for (int i = 0; i < 10; i++) {
                CapturedFrame frame = reader.next();
                assertThat(frame.note())
                        .as("frame of %d bytes, comment %s", frame.originalLength(), frame.comments())
                        .extracting(VirtioNetNote::flags, VirtioNetNote::checksumStart, VirtioNetNote::checksumOffset)
                        .containsExactly(1, 34, 6);
            }
        }
    }
}
