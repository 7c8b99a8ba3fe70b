/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.codec;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a tap costs the pipeline, a frame: clock, claim and copy, while another processor writes to {@code /dev/null}.
 * Frames come as fast as the loop goes, so that many find the ring full, which is cheaper; the share is printed.
 */
public class CaptureBenchmark extends NanosPerOperation {

    @Param({"60", "1514", "65226"})
    int length;

    private ByteBuf packet;
    private ByteBuf copy;
    private Capture capture;
    private CaptureHandler handler;
    private ChannelHandlerContext context;
    private EmbeddedChannel channel;

    @Setup
    public void start() throws IOException {
        packet = PooledByteBufAllocator.DEFAULT.directBuffer(12 + length).writeZero(12 + length);
        copy = PooledByteBufAllocator.DEFAULT.directBuffer(12 + length);
        capture = Capture.toChannel(FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE))
                .ringBytes(64 << 20)
                .start();
        handler = new CaptureHandler(capture, CaptureInterface.ethernet("tap0"), VnetHeader.V1);
        channel = new EmbeddedChannel(handler, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                // The benchmark keeps the buffer.
            }
        });
        context = channel.pipeline().context(handler);
    }

    @TearDown(Level.Trial)
    public void stop() throws IOException {
        channel.finishAndReleaseAll();
        capture.close();
        System.out.printf("captured %d, dropped %d%n", capture.captured(), capture.dropped());
        packet.release();
        copy.release();
    }

    @Benchmark
    public void tap() {
        handler.channelRead(context, packet);
    }

    @Benchmark
    public ByteBuf memoryCopy() {
        return copy.setBytes(0, packet, 0, 12 + length);
    }
}
