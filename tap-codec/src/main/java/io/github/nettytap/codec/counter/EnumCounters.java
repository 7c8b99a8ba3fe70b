/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.counter;

import java.util.Locale;

/**
 * A counter for each constant of an enum, all with one writing thread. {@code NO_ROUTE} is named {@code noRoute}.
 *
 * @param <E> what is counted
 */
public final class EnumCounters<E extends Enum<E>> extends CounterSet {

    private final Counter[] counters;

    /**
     * Starts all at zero.
     *
     * @param events the enum
     */
    public EnumCounters(Class<E> events) {
        E[] constants = events.getEnumConstants();
        counters = new Counter[constants.length];
        for (E event : constants) {
            counters[event.ordinal()] = counter(name(event));
        }
    }

    /**
     * The name of the counter of a constant.
     *
     * @param event the constant
     * @return its name in camel case
     */
    public static String name(Enum<?> event) {
        StringBuilder name = new StringBuilder();
        for (String word : event.name().toLowerCase(Locale.ROOT).split("_")) {
            name.append(name.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return name.toString();
    }

    /**
     * Counts an event. On the writing thread only.
     *
     * @param event what happened
     */
    public void increment(E event) {
        counters[event.ordinal()].increment();
    }

    /**
     * Counts an event several times. On the writing thread only.
     *
     * @param event what happened
     * @param times how often
     */
    public void add(E event, long times) {
        counters[event.ordinal()].add(times);
    }

    /**
     * How often an event was counted. Any thread may ask.
     *
     * @param event what
     * @return the count
     */
    public long get(E event) {
        return counters[event.ordinal()].get();
    }
}
