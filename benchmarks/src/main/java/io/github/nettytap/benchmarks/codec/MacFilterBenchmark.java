/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.codec;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.codec.filter.MacRules;
import io.github.nettytap.codec.filter.MacVerdict;
import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import java.util.Arrays;
import java.util.Random;

/**
 * A verdict of rules that list a million addresses, on frames to some of these. To a few of them, the table is in the
 * caches, as with real traffic; to all of them at random, every verdict is a cache miss, which is as bad as it can be.
 * The frame itself is in the cache, since a channel has just read it: it is the same one, to another address each time.
 */
public class MacFilterBenchmark extends NanosPerOperation {

    private static final int LISTED = 1_000_000;
    private static final int FRAME_LENGTH = 60;

    /** How many different addresses the frames go to. */
    @Param({"1", "1024", "1000000"})
    int addresses;

    private MacRules rules;
    private ByteBuf frame;
    private long[] destinations;
    private int next;

    @Setup
    public void build() {
        Random random = new Random(1);
        MacRules.Builder builder = MacRules.builder();
        long[] listed = new long[LISTED];
        for (int i = 0; i < LISTED; i++) {
            listed[i] = random.nextLong() & 0xfeff_ffff_ffffL;
            builder.destination(listed[i]);
        }
        rules = builder.build();
        destinations = Arrays.copyOf(listed, addresses);
        frame = PooledByteBufAllocator.DEFAULT.directBuffer(FRAME_LENGTH).writeZero(FRAME_LENGTH);
    }

    @TearDown
    public void release() {
        frame.release();
    }

    @Benchmark
    public MacVerdict verdict() {
        MacAddress.write(frame, 0, destinations[next]);
        next = next + 1 == addresses ? 0 : next + 1;
        return rules.verdict(frame, 0, FRAME_LENGTH);
    }
}
