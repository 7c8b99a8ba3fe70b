/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.fault.FaultHandler;
import io.github.nettytap.codec.wire.VnetHeader;

import java.time.Duration;

/**
 * What is wrong with the link behind a port, in both directions: see {@link FaultHandler}, which does it.
 *
 * @param loss probability that a frame is lost, 0 to 1
 * @param corrupt probability that a bit of a frame is flipped
 * @param duplicate probability that a frame is sent twice
 * @param reorder probability that a frame is held back until others have passed
 * @param delay how long each frame takes
 * @param jitter how much more it takes at most, by chance; frames keep their order
 * @param rate bits a second of one direction, 0 for no limit
 * @param queue frames of one direction that may wait for delay and rate; more are dropped
 * @param seed determines every chance
 */
public record LinkFaults(
        double loss,
        double corrupt,
        double duplicate,
        double reorder,
        Duration delay,
        Duration jitter,
        long rate,
        int queue,
        long seed) {

    /** How many frames may wait unless something else is said. */
    public static final int DEFAULT_QUEUE = 1_000;

    /** A link without faults. */
    public static final LinkFaults NONE = new LinkFaults(0, 0, 0, 0, Duration.ZERO, Duration.ZERO, 0, DEFAULT_QUEUE, 1);

    /**
     * Checks the ranges.
     *
     * @param loss probability that a frame is lost, 0 to 1
     * @param corrupt probability that a bit of a frame is flipped
     * @param duplicate probability that a frame is sent twice
     * @param reorder probability that a frame is held back until others have passed
     * @param delay how long each frame takes
     * @param jitter how much more it takes at most, by chance
     * @param rate bits a second of one direction, 0 for no limit
     * @param queue frames of one direction that may wait
     * @param seed determines every chance
     * @throws IllegalArgumentException if one is out of range
     */
    public LinkFaults {
        builder(loss, corrupt, duplicate, reorder, delay, jitter, rate, queue, seed);
    }

    /**
     * The same with a loss.
     *
     * @param probability that a frame is lost, 0 to 1
     * @return new faults
     */
    public LinkFaults withLoss(double probability) {
        return new LinkFaults(probability, corrupt, duplicate, reorder, delay, jitter, rate, queue, seed);
    }

    /**
     * The same with a delay.
     *
     * @param time how long each frame takes
     * @return new faults
     */
    public LinkFaults withDelay(Duration time) {
        return new LinkFaults(loss, corrupt, duplicate, reorder, time, jitter, rate, queue, seed);
    }

    /**
     * The same with a rate.
     *
     * @param bitsPerSecond of one direction, 0 for no limit
     * @return new faults
     */
    public LinkFaults withRate(long bitsPerSecond) {
        return new LinkFaults(loss, corrupt, duplicate, reorder, delay, jitter, bitsPerSecond, queue, seed);
    }

    /**
     * Whether nothing is wrong.
     *
     * @return true if frames pass as they are, at once
     */
    public boolean isNone() {
        return loss == 0
                && corrupt == 0
                && duplicate == 0
                && reorder == 0
                && delay.isZero()
                && jitter.isZero()
                && rate == 0;
    }

    /** A handler of one channel with these faults. */
    FaultHandler handler(VnetHeader header) {
        return builder(loss, corrupt, duplicate, reorder, delay, jitter, rate, queue, seed)
                .vnetHeader(header)
                .build();
    }

    private static FaultHandler.Builder builder(
            double loss,
            double corrupt,
            double duplicate,
            double reorder,
            Duration delay,
            Duration jitter,
            long rate,
            int queue,
            long seed) {
        return FaultHandler.builder(seed)
                .drop(loss)
                .corrupt(corrupt)
                .duplicate(duplicate)
                .reorder(reorder)
                .delay(delay, jitter)
                .rate(rate)
                .queueFrames(queue);
    }
}
