/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.codec;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** The split of a plain packet into header and frame, with and without the pipeline round it. */
@Fork(
        value = 2,
        jvmArgsAppend = {LoopThreads.EXECUTOR, LoopThreads.EXECUTOR_CLASS})
public class SplitBenchmark extends NanosPerOperation {

    private ByteBuf packet;
    private ByteBuf copy;
    private VirtioNetCodec codec;
    private ChannelHandlerContext last;
    private EmbeddedChannel channel;

    @Setup
    public void connect() {
        packet = PooledByteBufAllocator.DEFAULT.directBuffer(1526).writeZero(1526);
        copy = PooledByteBufAllocator.DEFAULT.directBuffer(1526);
        codec = new VirtioNetCodec(VnetHeader.V1);
        channel = new EmbeddedChannel(codec, new Sink());
        last = channel.pipeline().context(codec);
    }

    @TearDown
    public void release() {
        channel.finishAndReleaseAll();
        packet.release();
        copy.release();
    }

    /** Parse and release: what the codec adds to a frame. */
    @Benchmark
    public boolean parse() {
        packet.readerIndex(0).retain();
        return VirtioNetFrame.parse(packet, 12).release();
    }

    /** The codec with the call of the next handler, which releases the frame. */
    @Benchmark
    public void throughTheCodec() {
        packet.readerIndex(0).retain();
        codec.channelRead(last, packet);
    }

    @Benchmark
    public ByteBuf memoryCopy() {
        return copy.setBytes(0, packet, 0, 1526);
    }

    private static final class Sink extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ((VirtioNetFrame) msg).release();
        }
    }
}
