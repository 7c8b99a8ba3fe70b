/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.tables;

import io.github.nettytap.benchmarks.NanosPerOperation;
import io.github.nettytap.net.routing.table.PrefixTable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

import java.util.Random;

/** The longest match among 100,000 IPv4 prefixes of 8 to 24 bits, more than half of them of 24 as in the Internet. */
public class PrefixTableBenchmark extends NanosPerOperation {

    private static final int ROUTES = 100_000;
    private static final int ORDER = 1 << 16;
    private static final int MAPPED = 96;
    /** Routes are in the upper half of all addresses, so that the lower has none but the default route. */
    private static final long FIRST_BIT = 0x8000_0000L;

    private static final long ONLY_DEFAULT = 0xffff_7fff_ffffL;
    private static final long IPV4_MAPPED = 0xffff_0000_0000L;

    private final PrefixTable<Integer> table = new PrefixTable<>();
    private final long[] addresses = new long[ORDER];
    private int next;

    @Setup
    public void fill() {
        Random random = new Random(1);
        long[] networks = new long[ROUTES];
        for (int i = 0; i < ROUTES; i++) {
            int length = random.nextInt(100) < 58 ? 24 : 8 + random.nextInt(16);
            networks[i] = random.nextInt() & 0xffff_ffffL | FIRST_BIT;
            table.put(0, IPV4_MAPPED | networks[i], MAPPED + length, i);
        }
        table.put(0, IPV4_MAPPED, MAPPED, ROUTES);
        for (int i = 0; i < ORDER; i++) {
            addresses[i] = IPV4_MAPPED | networks[random.nextInt(ROUTES)];
        }
    }

    /** Addresses in routes of all lengths. */
    @Benchmark
    public Integer matched() {
        next = next + 1 & ORDER - 1;
        return table.find(0, addresses[next]);
    }

    /** The worst there is: all lengths are tried before the default route is. */
    @Benchmark
    public Integer defaultRoute() {
        next = next + 1 & ORDER - 1;
        return table.find(0, addresses[next] & ONLY_DEFAULT);
    }
}
