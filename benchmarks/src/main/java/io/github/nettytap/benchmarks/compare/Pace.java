/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import picocli.CommandLine.Option;

/** How often and how long is measured: options of every program that does. */
public final class Pace {

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds over all (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "S", description = "Seconds a measurement (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            description = "Seconds of each kind of traffic before netty-tap is measured, which starts interpreted"
                    + " (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    /** The defaults of a program. */
    public Pace(int rounds, int seconds, int warmUp) {
        this.rounds = rounds;
        this.seconds = seconds;
        this.warmUp = warmUp;
    }

    public int rounds() {
        return rounds;
    }

    public int seconds() {
        return seconds;
    }

    public int warmUp() {
        return warmUp;
    }

    /** The options that say the same. */
    public String asOptions() {
        return "--rounds " + rounds + " --seconds " + seconds + " --warm-up " + warmUp;
    }
}
