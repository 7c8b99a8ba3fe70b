/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.codec;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** The Internet checksum of a frame, beside a copy of it. */
@Fork(
        value = 2,
        jvmArgsAppend = {LoopThreads.EXECUTOR, LoopThreads.EXECUTOR_CLASS})
public class ChecksumBenchmark extends NanosPerOperation {

    @Param({"20", "64", "1500", "65536"})
    int length;

    /** Whether the bytes are a buffer of their own, or a slice of a slab as a channel hands them out. */
    @Param({"false", "true"})
    boolean slice;

    private ByteBuf slab;
    private ByteBuf bytes;
    private ByteBuf copy;

    @Setup
    public void allocate() {
        slab = PooledByteBufAllocator.DEFAULT.directBuffer(length + 64);
        for (int i = 0; i < length + 64; i++) {
            slab.writeByte(i * 31);
        }
        bytes = slice ? slab.retainedSlice(26, length) : slab.retain();
        copy = PooledByteBufAllocator.DEFAULT.directBuffer(length);
    }

    @TearDown
    public void release() {
        bytes.release();
        slab.release();
        copy.release();
    }

    @Benchmark
    public int sum() {
        return InternetChecksum.sum(bytes, 0, length);
    }

    @Benchmark
    public ByteBuf memoryCopy() {
        return copy.setBytes(0, bytes, 0, length);
    }
}
