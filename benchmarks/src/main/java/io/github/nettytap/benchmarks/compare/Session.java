/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Metric;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Some rounds over some candidates, each measured in namespaces of its own.
 *
 * @param pace how many, how long each measurement takes, and the warm-up of programs with a compiler in them
 * @param mtu of both ends
 * @param measures what to measure
 * @param udpRate the compiled {@code udp_rate}
 */
record Session(Pace pace, int mtu, Set<Measure> measures, Path udpRate) {

    /** Programs that are machine code from the start have only caches to fill. */
    static final int OTHERS_WARM_UP = 1;

    /** Who cannot be measured twice will not be able to later, and would only cost time. */
    private static final int PATIENCE = 2;

    /** Told after each candidate and after each round what there is so far. */
    interface Observer {
        void measured() throws IOException;

        void roundDone(int round) throws IOException;
    }

    /** Runs; ends early, with what it has, when its thread is interrupted. */
    void run(List<Candidate> candidates, Results results, Observer observer) throws IOException {
        Path log = Files.createTempFile("compare", ".log");
        try {
            for (int round = 1; round <= pace.rounds(); round++) {
                List<Candidate> order = new ArrayList<>(candidates);
                // Nobody is always the one that follows a certain other, or that meets a machine still cold.
                Collections.rotate(order, 1 - round);
                for (Candidate candidate : order) {
                    if (results.failures(candidate.name()).size() < PATIENCE) {
                        Compare.say("round " + round + " of " + pace.rounds() + ": " + candidate.name());
                        measure(candidate, round, results, log);
                        observer.measured();
                    }
                }
                observer.roundDone(round);
            }
        } catch (InterruptedIOException e) {
            results.addFailure("all", "interrupted");
        } finally {
            Files.deleteIfExists(log);
            Files.deleteIfExists(log.resolveSibling(log.getFileName() + ".out"));
        }
    }

    private void measure(Candidate candidate, int round, Results results, Path log) throws IOException {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        try (Rig rig = new Rig(candidate, mtu, log)) {
            rig.open();
            Meter meter = new Meter(rig, udpRate, pace.seconds(), measures);
            meter.warmUp(candidate.compilesAtRunTime() ? pace.warmUp() : Math.min(pace.warmUp(), OTHERS_WARM_UP));
            meter.measure(values);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            results.addFailure(candidate.name(), "round " + round + ": " + e.getMessage());
        }
        results.add(candidate.name(), values);
    }
}
