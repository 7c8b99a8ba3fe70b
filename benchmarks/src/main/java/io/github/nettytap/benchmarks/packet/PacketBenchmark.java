/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.packet;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * One packet through a Java channel on a real device: in, while another process sends more than can be taken, and out,
 * to a kernel that has no use for it. Subclasses say which channel.
 */
public abstract class PacketBenchmark extends NanosPerOperation {

    static final String DEVICE = "bench0";
    static final int IP_BYTES = 46;

    private static final int PACKETS = 1024;
    private static final int BATCH = 64;
    private static final int FLOOD_SECONDS = 3600;

    private final Counter counter = new Counter();
    private Channel channel;
    private Process flood;

    /** Makes the device and a channel on it that is read from. */
    abstract Channel open(ChannelInboundHandlerAdapter handler) throws Exception;

    /** What to do so that packets to 192.0.2.2 go out through the device. */
    abstract void route() throws IOException, InterruptedException;

    /** A message with these bytes of IP in it. */
    abstract Object message();

    abstract void shutDown() throws InterruptedException;

    @Setup
    public void connect() throws Exception {
        channel = open(counter);
        ip("addr", "add", "192.0.2.1/24", "dev", DEVICE);
        ip("link", "set", DEVICE, "up");
        route();
    }

    @TearDown
    public void close() throws InterruptedException {
        if (flood != null) {
            flood.destroyForcibly().waitFor();
        }
        channel.close().sync();
        shutDown();
    }

    /** From the kernel to the handler. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void read() throws Exception {
        if (flood == null) {
            flood = flood();
        }
        counter.expect(PACKETS).await();
    }

    /** From the handler to the kernel, 64 to a flush. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void write() throws InterruptedException {
        CountDownLatch written = new CountDownLatch(1);
        channel.eventLoop().execute(() -> {
            for (int i = 0; i < PACKETS - 1; i++) {
                channel.write(message(), channel.voidPromise());
                if (i % BATCH == BATCH - 1) {
                    channel.flush();
                }
            }
            channel.writeAndFlush(message()).addListener(future -> written.countDown());
        });
        written.await();
    }

    /** Bytes that the kernel drops as soon as it has looked for a route: IPv4, to an address of nobody's. */
    static ByteBuf writeIp(ByteBuf packet) {
        int start = packet.writerIndex();
        packet.writeZero(IP_BYTES);
        packet.setByte(start, 0x45)
                .setShort(start + 2, IP_BYTES)
                .setByte(start + 8, 64)
                .setByte(start + 9, 17);
        packet.setInt(start + 12, 0xc000_0202).setInt(start + 16, 0xc633_6401);
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += packet.getUnsignedShort(start + i);
        }
        return packet.setShort(start + 10, ~((sum & 0xffff) + (sum >>> 16)));
    }

    private static Process flood() throws IOException {
        Path udpRate = Path.of(System.getProperty("nettytap.top", "."), "benchmarks/target/c/udp_rate");
        return new ProcessBuilder(udpRate.toString(), "flood", "192.0.2.2", "9", Integer.toString(FLOOD_SECONDS))
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
    }

    static void ip(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "ip";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IOException("command failed: command=" + String.join(" ", command) + ", exit=" + exit);
        }
    }

    private static final class Counter extends ChannelInboundHandlerAdapter {
        private static final CountDownLatch NOBODY_WAITS = new CountDownLatch(0);

        private volatile CountDownLatch waiting = NOBODY_WAITS;

        CountDownLatch expect(int packets) {
            CountDownLatch latch = new CountDownLatch(packets);
            waiting = latch;
            return latch;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            waiting.countDown();
        }
    }
}
