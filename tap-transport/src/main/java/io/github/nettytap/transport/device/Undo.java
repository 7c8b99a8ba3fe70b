/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import java.util.ArrayDeque;
import java.util.Deque;

/** What to put back, latest first, on an interface that outlives a failed opening. */
final class Undo {

    /** Puts one thing back. */
    interface Step {
        void run() throws Exception;
    }

    private final Deque<Step> steps = new ArrayDeque<>();

    void add(Step step) {
        steps.push(step);
    }

    /** Goes on where a step fails; each failure is kept with the reason for all this. */
    void run(Throwable reason) {
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (Exception e) {
                reason.addSuppressed(e);
            }
        }
    }
}
