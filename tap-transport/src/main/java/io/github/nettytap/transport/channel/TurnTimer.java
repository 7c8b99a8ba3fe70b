/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/**
 * How long the turns of one event loop take: from the end of its sleep to the next look for events, with what channels
 * and tasks do between them. On the thread of the loop.
 *
 * <pre>
 *   sleep ──► channels (active I/O) ──► ioEnds ──► tasks ──► turnEnds ──► sleep
 * </pre>
 */
final class TurnTimer {

    /** In place of active time: the loop did not sleep in this turn. */
    static final long SINCE_THE_START = -1;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TurnTimer.class);

    private final TapEventLoop loop;
    private final long threshold;
    private final SlowTurnListener listener;
    private boolean inTurn;
    private long started;
    private long ioEnded;
    private long ioNanos;
    private long framesBefore;

    TurnTimer(TapEventLoop loop, long threshold, SlowTurnListener listener) {
        this.loop = loop;
        this.threshold = threshold;
        this.listener = listener;
    }

    SlowTurnListener listener() {
        return listener;
    }

    /** The loop looks for events again. */
    void turnEnds(long now) {
        long taskNanos = now - ioEnded;
        if (inTurn && ioNanos + taskNanos >= threshold) {
            report(taskNanos);
        }
        inTurn = false;
        started = now;
        framesBefore = loop.counters().frames();
    }

    /**
     * Channels have been handled; what follows are tasks.
     *
     * @param active how long they took after a sleep, in nanoseconds, or {@link #SINCE_THE_START}
     */
    void ioEnds(long now, long active) {
        inTurn = true;
        ioEnded = now;
        ioNanos = active == SINCE_THE_START ? now - started : active;
    }

    private void report(long taskNanos) {
        try {
            listener.slowTurn(loop, ioNanos, taskNanos, loop.counters().frames() - framesBefore);
        } catch (Throwable cause) {
            LOGGER.warn("a listener of slow turns has failed: listener={}", listener, cause);
        }
    }
}
