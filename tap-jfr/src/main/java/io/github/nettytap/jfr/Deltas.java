/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.jfr;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** By how much counters have grown since they were last asked. One thread at a time. */
final class Deltas {

    private final Map<String, LongSupplier> counters;
    private final Map<String, Long> before = new HashMap<>();

    Deltas(Map<String, LongSupplier> counters) {
        this.counters = counters;
        counters.keySet().forEach(this::next);
    }

    /** Since this was last asked of the same counter. */
    long next(String counter) {
        long now = counters.get(counter).getAsLong();
        Long last = before.put(counter, now);
        return last == null ? now : now - last;
    }

    /** A part of a whole, 0 of nothing. */
    static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
