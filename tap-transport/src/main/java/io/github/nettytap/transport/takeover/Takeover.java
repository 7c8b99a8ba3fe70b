/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.takeover;

import java.io.Closeable;
import java.util.function.BiFunction;

/**
 * How a channel takes what it reads and writes over from the control plane: for {@code transport.channel} alone, so the
 * package is not exported and what is taken has no public method for it.
 *
 * @param <R> what the taker gets
 */
public final class Takeover<R extends Closeable> {

    /** A {@code TapQueue}, for what closes its descriptor; a second call of that does nothing. */
    public static final Takeover<Closeable> OF_QUEUE = new Takeover<>();

    private volatile BiFunction<Object, Runnable, R> provided;

    /** Of one class, whose initializer provides it. */
    public Takeover() {}

    /**
     * Called by the class of what is taken when it is initialized, so before there is one to take.
     *
     * @param taking what takes one over, with what is run when somebody closes it
     */
    public void provide(BiFunction<Object, Runnable, R> taking) {
        provided = taking;
    }

    /**
     * Takes one over.
     *
     * @param taken what is taken
     * @param closeRequest run when somebody closes it, or its device; on any thread, and more than once
     * @return what the one who took it works with, and who alone closes it from now on
     * @throws IllegalStateException if it is taken or closed already
     */
    public R take(Object taken, Runnable closeRequest) {
        return provided.apply(taken, closeRequest);
    }
}
