/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

/**
 * Allows a rate, and a burst after a pause. RFC 4443, section 2.4 (f), recommends it for errors. Not thread-safe; the
 * time is the caller's, in milliseconds that only grow.
 */
public final class TokenBucket {

    /** Longer pauses count as this, 11 days, so that nothing overflows. */
    private static final long MAX_PAUSE = 1_000_000_000;

    private final int perSecond;
    private final long burst;
    private long thousandths;
    private long last;

    /**
     * A full bucket.
     *
     * @param perSecond how many tokens it gets a second
     * @param burst how many it holds
     * @param now the time in milliseconds
     */
    public TokenBucket(int perSecond, int burst, long now) {
        this.perSecond = perSecond;
        this.burst = burst * 1_000L;
        thousandths = this.burst;
        last = now;
    }

    /**
     * Whether there is no token.
     *
     * @param now the time in milliseconds
     * @return true if {@link #take} would return false
     */
    public boolean isEmpty(long now) {
        // A token a second is a thousandth of a token a millisecond.
        thousandths = Math.min(burst, thousandths + Math.min(now - last, MAX_PAUSE) * perSecond);
        last = now;
        return thousandths < 1_000;
    }

    /**
     * Takes a token if there is one.
     *
     * @param now the time in milliseconds
     * @return false if there was none
     */
    public boolean take(long now) {
        if (isEmpty(now)) {
            return false;
        }
        thousandths -= 1_000;
        return true;
    }

    /** Puts back what was taken in vain. */
    public void putBack() {
        thousandths = Math.min(burst, thousandths + 1_000);
    }
}
