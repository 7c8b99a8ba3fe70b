/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.tables;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.EthernetSwitch;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Batches of 64 frames through the switch, from one channel in memory to another: what a frame costs without a kernel,
 * which is where nine tenths of its time go. What is added to the path of a frame shows here and nowhere else. Each
 * channel in memory has an event loop of its own, so the frames also pass the ring between two loops.
 */
@Fork(1)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class ForwardingBenchmark extends NanosPerOperation {

    private static final int BATCH = 64;
    private static final int FRAME_LENGTH = 1_514;
    private static final long LEFT = 0x0200_0000_0001L;
    private static final long RIGHT = 0x0200_0000_0002L;

    private EmbeddedChannel left;
    private EmbeddedChannel right;
    private ByteBuf slab;

    @Setup
    public void join() {
        EthernetSwitch lan = new EthernetSwitch(SwitchSettings.DEFAULT, (channel, cause) -> {
            throw new IllegalStateException("port failed: " + channel, cause);
        });
        left = new EmbeddedChannel(lan.newPort(VnetHeader.NONE, Set.of(), PortPolicy.DEFAULT));
        right = new EmbeddedChannel(lan.newPort(VnetHeader.NONE, Set.of(), PortPolicy.DEFAULT));
        // As a TAP has it: a batch is more than the usual 64 KiB.
        right.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1 << 20, 4 << 20));
        slab = PooledByteBufAllocator.DEFAULT.directBuffer(BATCH * FRAME_LENGTH);
        for (int i = 0; i < BATCH; i++) {
            int start = slab.writerIndex();
            slab.writeZero(FRAME_LENGTH);
            slab.setLong(start, RIGHT << 16 | LEFT >>> 32).setInt(start + 8, (int) LEFT);
        }
        // Heard once, so that frames for it are not flooded.
        ByteBuf heard =
                PooledByteBufAllocator.DEFAULT.directBuffer(FRAME_LENGTH).writeZero(FRAME_LENGTH);
        heard.setLong(0, LEFT << 16 | RIGHT >>> 32).setInt(8, (int) RIGHT);
        right.pipeline().fireChannelRead(heard).fireChannelReadComplete();
        left.runPendingTasks();
        left.releaseOutbound();
    }

    @TearDown
    public void end() {
        left.close();
        right.close();
        slab.release();
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int forward() {
        for (int i = 0; i < BATCH; i++) {
            left.pipeline().fireChannelRead(slab.retainedSlice(i * FRAME_LENGTH, FRAME_LENGTH));
        }
        left.pipeline().fireChannelReadComplete();
        right.runPendingTasks();
        int bytes = 0;
        for (ByteBuf frame = right.readOutbound(); frame != null; frame = right.readOutbound()) {
            bytes += frame.readableBytes();
            frame.release();
        }
        if (bytes != BATCH * FRAME_LENGTH) {
            throw new IllegalStateException(
                    "frames lost: bytes=" + bytes + " (expected: " + BATCH * FRAME_LENGTH + ")");
        }
        return bytes;
    }
}
