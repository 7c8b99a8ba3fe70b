/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import java.util.Random;

/** One step of a random run against a channel. */
final class ModelStep {

    /** What can happen to a channel; the weight says how often it does. */
    enum Kind {
        WRITE(12),
        WRITE_MANY(1),
        WRITE_EMPTY(1),
        WRITE_SHORT(1),
        WRITE_RELEASED(1),
        FLUSH(8),
        CANCEL_WRITE(4),
        SEND_TO_CHANNEL(10),
        DRAIN_PEER(6),
        READ(4),
        READ_AND_WAIT(2),
        AUTO_READ_ON(3),
        AUTO_READ_OFF(4),
        AUTO_READ_OFF_ELSEWHERE(1),
        IN_NEXT_READ(8),
        IN_NEXT_COMPLETION(3),
        IN_NEXT_PROMISE(3),
        KEEP_FRAMES(1),
        RELEASE_FRAMES(1),
        LIMIT_READS(2),
        LIMIT_WRITES(2),
        FAIL_ALLOCATION(2),
        LIMIT_MEMORY(1),
        FAIL_CALL(8),
        AUTO_CLOSE_OFF(1),
        CANCELLED_CLOSE(1),
        CANCELLED_DEREGISTER(1),
        CHANGE_LOOP(2),
        CHANGE_LOOP_WHILE_OWNER_CLOSES(1),
        PAUSE(2),
        LINK_DOWN_AND_UP(1),
        CLOSE(1),
        CLOSE_FORCIBLY(1),
        CLOSE_BY_OWNER(1),
        END_OF_DEVICE(1);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    private static final int TOTAL;

    static {
        int total = 0;
        for (Kind kind : Kind.values()) {
            total += kind.weight;
        }
        TOTAL = total;
    }

    final Kind kind;
    final int argument;

    /** Whether the step is taken on the event loop and waited for, or asked for by another thread. */
    final boolean onLoop;

    private ModelStep(Kind kind, int argument, boolean onLoop) {
        this.kind = kind;
        this.argument = argument;
        this.onLoop = onLoop;
    }

    /** A step of a script, taken on the event loop if it can be. */
    static ModelStep of(Kind kind, int argument) {
        return new ModelStep(kind, argument, true);
    }

    static ModelStep random(Random random) {
        int choice = random.nextInt(TOTAL);
        for (Kind kind : Kind.values()) {
            choice -= kind.weight;
            if (choice < 0) {
                return new ModelStep(kind, random.nextInt(1 << 16), random.nextInt(3) > 0);
            }
        }
        throw new AssertionError();
    }

    @Override
    public String toString() {
        return kind + "(" + argument + (onLoop ? "" : ", elsewhere") + ")";
    }
}
