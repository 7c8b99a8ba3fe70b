/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Groups of measurements, to be chosen by name. */
enum Measure {
    /** One stream; processor time for a GiB. */
    TCP,
    /** Four streams, and one reversed. */
    STREAMS,
    /** Small datagrams that arrive; processor time for a million of them. */
    UDP,
    /** Request and response. */
    LATENCY;

    static Set<Measure> named(List<String> names) {
        Set<Measure> result = EnumSet.noneOf(Measure.class);
        for (String name : names) {
            result.add(Arrays.stream(values())
                    .filter(measure -> measure.title().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "no such measurement: name=" + name + " (expected: tcp, streams, udp, latency)")));
        }
        return result;
    }

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
