/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.counter;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Counters with names. A subclass declares its counters as fields, each made by {@link #counter}.
 *
 * <p>Any thread may read. Each value is exact, but two values read one after the other need not belong to the same
 * instant.
 */
public abstract class CounterSet {

    private final Map<String, LongSupplier> counters = new LinkedHashMap<>();

    /** Has no counters yet. */
    protected CounterSet() {}

    /**
     * Makes a counter of this set. In the constructor only.
     *
     * @param name in camel case, unique in the set
     * @return the counter, for one writing thread
     */
    protected final Counter counter(String name) {
        Counter counter = new Counter();
        register(name, counter::get);
        return counter;
    }

    /**
     * Makes a counter of this set that several threads write. In the constructor only.
     *
     * @param name in camel case, unique in the set
     * @return the counter
     */
    protected final LongAdder sharedCounter(String name) {
        LongAdder counter = new LongAdder();
        register(name, counter::sum);
        return counter;
    }

    private void register(String name, LongSupplier counter) {
        if (counters.put(name, counter) != null) {
            throw new IllegalArgumentException("two counters of one name: name=" + name);
        }
    }

    /**
     * The counters by their names, in the order of their declaration: for exporters, which register each once and read
     * it again and again.
     *
     * @return an unmodifiable map
     */
    public final Map<String, LongSupplier> counters() {
        return Collections.unmodifiableMap(counters);
    }

    /**
     * The values of this moment by the names of the counters, in the order of their declaration.
     *
     * @return a new map
     */
    public final Map<String, Long> values() {
        Map<String, Long> values = new LinkedHashMap<>();
        counters.forEach((name, counter) -> values.put(name, counter.getAsLong()));
        return values;
    }

    @Override
    public final String toString() {
        return values().entrySet().stream()
                .map(value -> value.getKey() + "=" + value.getValue())
                .collect(Collectors.joining(", ", getClass().getSimpleName() + "(", ")"));
    }
}
