/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

/** Notified of turns of a {@link TapEventLoop} that kept its channels waiting. */
@FunctionalInterface
public interface SlowTurnListener {

    /**
     * A turn took long. On the loop's thread, after the turn; what is thrown is logged and goes no further.
     *
     * @param loop the loop
     * @param ioNanos how long its channels were read, written and handled, in nanoseconds
     * @param taskNanos how long its tasks ran, in nanoseconds
     * @param frames how many frames its TAP channels received in that turn
     */
    void slowTurn(TapEventLoop loop, long ioNanos, long taskNanos, long frames);
}
