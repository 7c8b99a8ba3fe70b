/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.takeover;

import java.io.Closeable;

/**
 * How a channel takes a queue over from its device: for {@code transport.channel} alone, so the package is not exported
 * and the queue has no public method for it.
 */
public final class QueueTakeover {

    private static volatile Taker taker;

    private QueueTakeover() {}

    /** What the queue's class provides. */
    public interface Taker {
        /**
         * Takes a queue over.
         *
         * @param queue the queue
         * @param closeRequest run when somebody closes it
         * @return what closes its descriptor
         */
        Closeable take(Object queue, Runnable closeRequest);
    }

    /**
     * Called by the queue's class when it is initialized, so before there is a queue to take.
     *
     * @param provided what takes queues over
     */
    public static void provide(Taker provided) {
        taker = provided;
    }

    /**
     * Takes a queue over.
     *
     * @param queue a {@code TapQueue}
     * @param closeRequest run when somebody closes the queue or its device; on any thread, and more than once
     * @return what closes the descriptor, for the one who took it; a second call of it does nothing
     * @throws IllegalStateException if the queue is taken or closed already
     */
    public static Closeable take(Object queue, Runnable closeRequest) {
        return taker.take(queue, closeRequest);
    }
}
