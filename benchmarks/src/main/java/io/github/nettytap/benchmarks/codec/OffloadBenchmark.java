/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.codec;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import java.util.ArrayList;
import java.util.List;

/** A GSO frame of 64 KiB cut into 45 frames with their checksums, and joined again, beside a copy of it. */
@Fork(
        value = 2,
        jvmArgsAppend = {LoopThreads.EXECUTOR, LoopThreads.EXECUTOR_CLASS})
public class OffloadBenchmark extends NanosPerOperation {

    private static final int SEGMENTS = 45;

    private final Coalescer coalescer = new Coalescer();
    private final List<ByteBuf> frames = new ArrayList<>();
    private final List<ByteBuf> partialFrames = new ArrayList<>();
    private ByteBuf gsoFrame;
    private ByteBuf copy;

    @Setup
    public void allocate() {
        int payload = SEGMENTS * GsoFrames.SEGMENT;
        gsoFrame = PooledByteBufAllocator.DEFAULT.directBuffer(70_000);
        GsoFrames.appendTcp(gsoFrame, payload);
        copy = PooledByteBufAllocator.DEFAULT.directBuffer(70_000);
        Segmentation.segment(gsoFrame, GsoFrames.HEADER, GsoFrames.HEADER, PooledByteBufAllocator.DEFAULT, frames::add);
        Segmentation.segmentPartial(gsoFrame, VnetHeader.V1, PooledByteBufAllocator.DEFAULT, partialFrames::add);
        if (frames.size() != SEGMENTS || join() != 1 || joinBuffers() != 1 || joinPartial() != 1) {
            throw new IllegalStateException("frames=" + frames.size() + ", joined=" + join());
        }
    }

    @TearDown
    public void release() {
        frames.forEach(ByteBuf::release);
        partialFrames.forEach(ByteBuf::release);
        gsoFrame.release();
        copy.release();
    }

    @Benchmark
    public FrameVerdict cut() {
        return Segmentation.segment(
                gsoFrame, GsoFrames.HEADER, GsoFrames.HEADER, PooledByteBufAllocator.DEFAULT, ByteBuf::release);
    }

    @Benchmark
    public FrameVerdict cutPartial() {
        return Segmentation.segmentPartial(gsoFrame, VnetHeader.V1, PooledByteBufAllocator.DEFAULT, ByteBuf::release);
    }

    @Benchmark
    public int join() {
        for (ByteBuf frame : frames) {
            coalescer.add(
                    VirtioNetFrame.parse(frame.readerIndex(0).retain(), GsoFrames.HEADER),
                    PooledByteBufAllocator.DEFAULT);
        }
        int[] results = new int[1];
        coalescer.flush(frame -> {
            results[0]++;
            frame.release();
        });
        return results[0];
    }

    /** Without an object for each frame. */
    @Benchmark
    public int joinBuffers() {
        return join(frames);
    }

    /** With checksums that nobody has to verify. */
    @Benchmark
    public int joinPartial() {
        return join(partialFrames);
    }

    private int join(List<ByteBuf> list) {
        for (ByteBuf frame : list) {
            coalescer.add(frame.readerIndex(0).retain(), VnetHeader.V1, PooledByteBufAllocator.DEFAULT);
        }
        int[] results = new int[1];
        coalescer.flush(VnetHeader.V1, PooledByteBufAllocator.DEFAULT, frame -> {
            results[0]++;
            frame.release();
        });
        return results[0];
    }

    @Benchmark
    public ByteBuf memoryCopy() {
        return copy.setBytes(0, gsoFrame, 0, gsoFrame.writerIndex());
    }
}
