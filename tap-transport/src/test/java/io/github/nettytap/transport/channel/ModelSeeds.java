/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.MultiThreadIoEventLoopGroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Runs seeds against the model; a seed that fails is shrunk to the steps that it takes, and they are printed. */
final class ModelSeeds {

    private static final int STEPS = 60;

    /** How often a shorter list of steps is tried, as threads do not run the same way twice. */
    private static final int TRIES = 5;

    /** Netty warns of each buffer that was released before it left, which runs do on purpose, thousands of times. */
    private static final Logger NETTY = Logger.getLogger("io.netty");

    private ModelSeeds() {}

    /**
     * How many seeds to run: {@code -Dio.github.nettytap.modelSeeds} multiplies what is quick enough for every build.
     */
    static int count(int usual) {
        return usual * Integer.getInteger("io.github.nettytap.modelSeeds", 1);
    }

    /** The first seed: {@code -Dio.github.nettytap.modelSeed}, to run one again. */
    static long first() {
        return Long.getLong("io.github.nettytap.modelSeed", 1);
    }

    static void run(int count, LoopKind loop, Callable<? extends Subject> opening) throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, loop.handlerFactory());
        Level usual = NETTY.getLevel();
        NETTY.setLevel(Level.SEVERE);
        try {
            for (long seed = first(); seed < first() + count; seed++) {
                List<ModelStep> steps = steps(seed);
                List<String> violations = violations(steps, opening, group);
                if (!violations.isEmpty()) {
                    List<ModelStep> fewer = shrink(steps, opening, group);
                    throw new AssertionError("seed=" + seed + ", loop=" + loop + ", violations=" + violations
                            + ", steps=" + fewer + ", which give " + violations(fewer, opening, group));
                }
            }
        } finally {
            NETTY.setLevel(usual);
            group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
        }
    }

    private static List<ModelStep> steps(long seed) {
        Random random = new Random(seed * 0x9e3779b97f4a7c15L);
        List<ModelStep> steps = new ArrayList<>();
        for (int i = 1 + random.nextInt(STEPS); i > 0; i--) {
            steps.add(ModelStep.random(random));
        }
        return steps;
    }

    private static List<String> violations(
            List<ModelStep> steps, Callable<? extends Subject> opening, MultiThreadIoEventLoopGroup group)
            throws Exception {
        try (Subject subject = opening.call()) {
            return ModelRun.violations(steps, subject, group);
        }
    }

    /** Leaves out steps, many at first, as long as what is left fails. */
    private static List<ModelStep> shrink(
            List<ModelStep> steps, Callable<? extends Subject> opening, MultiThreadIoEventLoopGroup group)
            throws Exception {
        List<ModelStep> failing = steps;
        for (int chunk = steps.size() / 2; chunk > 0; chunk /= 2) {
            for (int start = 0; start < failing.size(); ) {
                List<ModelStep> fewer = new ArrayList<>(failing);
                fewer.subList(start, Math.min(start + chunk, fewer.size())).clear();
                if (fails(fewer, opening, group)) {
                    failing = fewer;
                } else {
                    start += chunk;
                }
            }
        }
        return failing;
    }

    private static boolean fails(
            List<ModelStep> steps, Callable<? extends Subject> opening, MultiThreadIoEventLoopGroup group)
            throws Exception {
        for (int i = 0; i < TRIES; i++) {
            if (!violations(steps, opening, group).isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
