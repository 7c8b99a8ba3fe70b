/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The read and the write loop of a channel over a pair of sockets that keeps frame boundaries: 64 frames of 60 bytes
 * from the peer to a handler, and from a flush to the peer, beside the same system calls without any channel.
 *
 * <p>The peer's calls are in each figure, and so are the two wake-ups of a batch.
 */
public class ChannelLoopBenchmark extends NanosPerOperation {

    private static final int FRAMES = 64;
    private static final int FRAME_BYTES = 60;
    private static final int MAX_FRAME = 1_522;
    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int POLLFD_BYTES = 8;
    private static final short POLLIN = 1;
    private static final int POLL_MILLIS = 1_000;

    @Param({"epoll", "io_uring"})
    String io;

    private final LibC libc = LibC.get();
    private final int[] bare = new int[2];
    private final ByteBuffer out = ByteBuffer.allocateDirect(FRAME_BYTES);
    private final ByteBuffer in = ByteBuffer.allocateDirect(MAX_FRAME);
    private final ByteBuffer pollfd = ByteBuffer.allocateDirect(POLLFD_BYTES).order(java.nio.ByteOrder.nativeOrder());
    private final ByteBuf frame =
            PooledByteBufAllocator.DEFAULT.directBuffer(FRAME_BYTES).writeZero(FRAME_BYTES);
    private final Counter counter = new Counter();
    private final Runnable writing = this::writeAll;
    private TapEventLoopGroup group;
    private TapChannel channel;
    private int peer;

    @Setup
    public void connect() throws InterruptedException {
        int[] ends = pair();
        System.arraycopy(pair(), 0, bare, 0, bare.length);
        peer = ends[1];
        group = TapEventLoopGroup.builder()
                .threads(1)
                .io(TapIoType.valueOf(io.toUpperCase(Locale.ROOT)))
                .build();
        channel = new TapChannel(closeRequest -> new SocketEndpoint(ends[0]));
        channel.pipeline().addLast(counter);
        group.register(channel).sync();
    }

    @TearDown
    public void close() throws InterruptedException {
        channel.close().sync();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        libc.close(peer);
        libc.close(bare[0]);
        libc.close(bare[1]);
        frame.release();
    }

    private int[] pair() {
        int[] ends = new int[2];
        check("socketpair", libc.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
        return ends;
    }

    /** From the peer to the handler. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void read() throws InterruptedException {
        CountDownLatch latch = counter.expect(FRAMES);
        for (int i = 0; i < FRAMES; i++) {
            send(peer);
        }
        latch.await();
    }

    /** From a flush to the peer. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void write() {
        channel.eventLoop().execute(writing);
        for (int received = 0; received < FRAMES; received++) {
            receive(peer);
        }
    }

    /** One write and one read a frame, on one thread: what the kernel takes for itself. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void systemCallsAlone() {
        for (int i = 0; i < FRAMES; i++) {
            send(bare[0]);
        }
        for (int i = 0; i < FRAMES; i++) {
            receive(bare[1]);
        }
    }

    private void writeAll() {
        for (int i = 0; i < FRAMES; i++) {
            channel.write(frame.retainedDuplicate(), channel.voidPromise());
        }
        channel.flush();
    }

    private void send(int fd) {
        out.clear();
        check("write", libc.write(fd, out));
    }

    private void receive(int fd) {
        in.clear();
        int length;
        while ((length = libc.read(fd, in)) == -Errno.EAGAIN.number()) {
            pollfd.putInt(0, fd).putShort(4, POLLIN).putShort(6, (short) 0);
            check("poll", libc.poll(pollfd, 1, POLL_MILLIS));
        }
        check("read", length);
    }

    private static void check(String operation, int result) {
        if (result < 0) {
            throw new IllegalStateException(operation + ": " + Errno.nameOf(-result));
        }
    }

    private static final class Counter extends ChannelInboundHandlerAdapter {
        private volatile CountDownLatch latch;
        private volatile int expected;
        private int count;

        CountDownLatch expect(int frames) {
            expected = frames;
            latch = new CountDownLatch(1);
            return latch;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ((ByteBuf) message).release();
            if (++count == expected) {
                count = 0;
                latch.countDown();
            }
        }
    }

    private static final class SocketEndpoint extends TapEndpoint {

        SocketEndpoint(int fd) {
            super(fd);
        }

        @Override
        TapAddress address() {
            return TapAddress.of("pair");
        }

        @Override
        int vnetHeaderSize() {
            return 0;
        }

        @Override
        boolean mayBlock() {
            return true;
        }

        @Override
        void closeDescriptor() {
            LibC.get().close(fd().intValue());
        }

        @Override
        IOException explain(String operation, int errno) {
            return new IOException(operation + ": " + Errno.nameOf(errno));
        }

        @Override
        IOException malformed(int length, int minimum, int maximum) {
            return new IOException("length=" + length + " (expected: " + minimum + " to " + maximum + ")");
        }

        @Override
        boolean isFatal(int errno) {
            return errno == Errno.EPIPE.number() || errno == Errno.ECONNRESET.number();
        }
    }
}
