/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

/**
 * How many frames a port may have flooded: a token bucket that holds a second's worth and is filled once a second,
 * since the time of a loop has that grain. Of the port's loop.
 */
final class StormControl {

    private final int perSecond;
    private int left;
    private long filled = -1;

    StormControl(int perSecond) {
        this.perSecond = perSecond;
    }

    /** Whether there is no token. */
    boolean isExhausted(long now) {
        if (now != filled) {
            filled = now;
            left = perSecond;
        }
        return left == 0;
    }

    /** Takes a token if there is one. */
    boolean take(long now) {
        if (isExhausted(now)) {
            return false;
        }
        left--;
        return true;
    }
}
