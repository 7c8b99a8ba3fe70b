/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

/**
 * Counts the addresses that move to a port. In a loop each flooded frame comes back through another port, so that its
 * source moves there, and back with its next frame; a host that moves, or a machine with its guests, does so once.
 *
 * <p>Of the port's loop; asked only when an address has moved.
 */
final class LoopDetector {

    static final int MOVES = 32;
    static final int WINDOW_SECONDS = 10;
    static final int REPORT_SECONDS = 60;

    private long windowStart = Long.MIN_VALUE;
    private long moves;
    private long reported = Long.MIN_VALUE;

    /** How many have moved within the window, if that is to be reported now, else 0. */
    long moved(long now) {
        if (windowStart == Long.MIN_VALUE || now - windowStart >= WINDOW_SECONDS) {
            windowStart = now;
            moves = 0;
        }
        moves++;
        if (moves < MOVES || reported != Long.MIN_VALUE && now - reported < REPORT_SECONDS) {
            return 0;
        }
        reported = now;
        return moves;
    }
}
