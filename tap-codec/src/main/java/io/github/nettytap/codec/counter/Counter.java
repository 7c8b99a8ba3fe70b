/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.counter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number with one writing thread, usually an event loop. Any thread may read it.
 *
 * <p>Opaque access makes a value readable elsewhere, never torn and never older than one read before, at the price of a
 * plain store. It orders nothing else: of two counters read one after the other, the second need not be the newer.
 */
public final class Counter {

    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long value;

    /** Starts at zero. */
    public Counter() {}

    /** Adds 1. On the writing thread only. */
    public void increment() {
        add(1);
    }

    /**
     * Adds to the value. On the writing thread only.
     *
     * @param amount how much
     */
    public void add(long amount) {
        VALUE.setOpaque(this, value + amount);
    }

    /**
     * The value. Any thread may ask.
     *
     * @return the sum of what was added so far
     */
    public long get() {
        return (long) VALUE.getOpaque(this);
    }
}
