/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import java.util.function.LongSupplier;

/** Allows so many things a second, and a burst after a pause. RFC 4443, section 2.4 (f), recommends it for errors. */
final class TokenBucket {

    private final int perSecond;
    private final long burst;
    private final LongSupplier millis;
    private long thousandths;
    private long last;

    TokenBucket(int perSecond, int burst, LongSupplier millis) {
        this.perSecond = perSecond;
        this.burst = burst * 1_000L;
        this.millis = millis;
        thousandths = this.burst;
        last = millis.getAsLong();
    }

    /** Takes a token if there is one. */
    boolean take() {
        long now = millis.getAsLong();
        // A thing a second is a thousandth of a thing a millisecond.
        thousandths = Math.min(burst, thousandths + (now - last) * perSecond);
        last = now;
        if (thousandths < 1_000) {
            return false;
        }
        thousandths -= 1_000;
        return true;
    }
}
