/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.tables;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.net.switching.fdb.Fdb;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

import java.util.Random;

/** What the switch asks its table for each frame: where the destination is, and whether the source is still there. */
public class FdbBenchmark extends NanosPerOperation {

    private static final long NOW = 1;
    private static final int ORDER = 1 << 16;

    /** Entries in the table; with a million of them nearly each lookup is a cache miss. */
    @Param({"10", "10000", "1000000"})
    int entries;

    private Fdb table;
    private long[] keys;
    private int next;

    @Setup
    public void learn() {
        Random random = new Random(1);
        table = new Fdb(2 * entries, 300);
        long[] known = new long[entries];
        for (int i = 0; i < entries; i++) {
            known[i] = Fdb.key(random.nextLong() & 0xfeff_ffff_ffffL, 0);
            table.learn(known[i], i % 2, NOW);
        }
        keys = random.ints(ORDER, 0, entries).mapToLong(i -> known[i]).toArray();
    }

    @Benchmark
    public int find() {
        return table.find(nextKey(), NOW);
    }

    /** An address that is known and was heard in the same second. */
    @Benchmark
    public Fdb.LearnResult hearAgain() {
        return table.learn(nextKey(), 0, NOW);
    }

    private long nextKey() {
        next = next + 1 & ORDER - 1;
        return keys[next];
    }
}
