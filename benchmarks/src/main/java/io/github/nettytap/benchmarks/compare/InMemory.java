/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Metric;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The switch of a tree without the kernel around it, by the JMH benchmark of that tree: a copy of each frame, which the
 * kernel's nine tenths of the time would hide, is half of what is measured here.
 */
record InMemory(Path tree) {

    /** The name in the gate's lines and for {@code --measure}. */
    static final String NAME = "in-memory";

    private static final String BENCHMARK = "ForwardingBenchmark";
    private static final int SECONDS = 300;

    /** Whether the tree is young enough to have the benchmark. */
    boolean exists() {
        return Files.exists(
                tree.resolve("benchmarks/src/main/java/io/github/nettytap/benchmarks/tables/" + BENCHMARK + ".java"));
    }

    /** Builds what has to be built. */
    void prepare() throws IOException {
        Commands.run(SECONDS, tree.resolve("benchmarks/jmh").toString(), "-l");
    }

    /** Nanoseconds a frame. */
    double measure() throws IOException {
        Path json = Files.createTempFile("in-memory", ".json");
        try {
            Commands.run(
                    SECONDS,
                    tree.resolve("benchmarks/jmh").toString(),
                    BENCHMARK,
                    "-foe",
                    "true",
                    "-rf",
                    "json",
                    "-rff",
                    json.toString());
            return Meter.number(Files.readString(json), "score");
        } finally {
            Files.deleteIfExists(json);
        }
    }

    /** Alternating rounds of two trees, from cold to warm each time, as each is a process of its own. */
    static void compare(InMemory before, Results past, InMemory today, Results now, int rounds) throws IOException {
        before.prepare();
        today.prepare();
        for (int round = 0; round < rounds; round++) {
            boolean pastFirst = round % 2 == 0;
            if (pastFirst) {
                past.add(NAME, Map.of(Metric.FORWARDING, before.measure()));
            }
            now.add(NAME, Map.of(Metric.FORWARDING, today.measure()));
            if (!pastFirst) {
                past.add(NAME, Map.of(Metric.FORWARDING, before.measure()));
            }
        }
    }
}
