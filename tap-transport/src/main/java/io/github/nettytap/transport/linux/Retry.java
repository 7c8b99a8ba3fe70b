/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.util.function.IntSupplier;

/**
 * Repeats a call that a signal interrupted.
 *
 * <p>The JVM uses signals of its own (safepoints of some collectors, profilers), so any call that may sleep can return
 * EINTR without anything being wrong. Not for {@code close}: Linux has freed the descriptor by then, and a second call
 * could close one that another thread has just been given (close(2), "Dealing with error returns from close").
 */
public final class Retry {

    private Retry() {}

    public static int onInterrupt(IntSupplier call) {
        int result;
        do {
            result = call.getAsInt();
        } while (Errno.EINTR.is(result));
        return result;
    }
}
