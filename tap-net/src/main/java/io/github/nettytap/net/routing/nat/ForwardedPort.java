/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import java.util.concurrent.atomic.AtomicLong;

/** A {@link PortForward} in use, at one address outside, and what has come of it. Any thread may read. */
public final class ForwardedPort {

    private final PortForward forward;
    private final int outsideAddress;
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong open = new AtomicLong();

    ForwardedPort(PortForward forward, int outsideAddress) {
        this.forward = forward;
        this.outsideAddress = outsideAddress;
    }

    /** What was configured. */
    public PortForward forward() {
        return forward;
    }

    /** The router's address, as bits. */
    public int outsideAddress() {
        return outsideAddress;
    }

    /** How many connections were begun from outside, or from inside by the address outside. */
    public long accepted() {
        return accepted.get();
    }

    /** How many were not, for want of room, or since the host inside talks to the same remote end by another port. */
    public long refused() {
        return refused.get();
    }

    /** How many of them there are. */
    public long open() {
        return open.get();
    }

    // One thread writes.

    void countAccepted() {
        accepted.lazySet(accepted.get() + 1);
        open.lazySet(open.get() + 1);
    }

    void countRefused() {
        refused.lazySet(refused.get() + 1);
    }

    void countEnded() {
        open.lazySet(open.get() - 1);
    }
}
