/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.counter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

class CounterSetTest {

    private enum Fate {
        FORWARDED,
        NO_ROUTE,
        TTL_HAS_EXPIRED
    }

    private static final class Frames extends CounterSet {
        private final Counter received = counter("received");
        private final LongAdder dropped = sharedCounter("dropped");
    }

    @Test
    void valuesAreReadByNameInTheOrderOfDeclaration() {
        Frames frames = new Frames();
        Map<String, LongSupplier> counters = frames.counters();
        frames.received.add(41);
        frames.received.increment();
        frames.dropped.add(7);
        assertThat(frames.values()).containsExactly(entry("received", 42L), entry("dropped", 7L));
        assertThat(counters.get("received").getAsLong()).isEqualTo(42);
        assertThat(frames).hasToString("Frames(received=42, dropped=7)");
    }

    @Test
    void constantsAreNamedInCamelCase() {
        EnumCounters<Fate> fates = new EnumCounters<>(Fate.class);
        fates.increment(Fate.NO_ROUTE);
        fates.add(Fate.TTL_HAS_EXPIRED, 3);
        assertThat(fates.get(Fate.NO_ROUTE)).isOne();
        assertThat(fates.values())
                .containsExactly(entry("forwarded", 0L), entry("noRoute", 1L), entry("ttlHasExpired", 3L));
    }

    @Test
    void aNameIsGivenOnce() {
        assertThatThrownBy(() -> new CounterSet() {
                    final Counter one = counter("x");
                    final Counter other = counter("x");
                })
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two counters of one name: name=x");
    }

    @Test
    void mapOfCountersIsForReading() {
        assertThatThrownBy(() -> new Frames().counters().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    /** The loop below ends only if stores become visible while the writer never stops. */
    @Test
    void anotherThreadSeesTheValueGrow() throws InterruptedException {
        Counter counter = new Counter();
        Thread writer = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                counter.increment();
            }
        });
        writer.start();
        long before = -1;
        for (int grown = 0; grown < 1_000; ) {
            long now = counter.get();
            assertThat(now).isGreaterThanOrEqualTo(before);
            grown += now > before ? 1 : 0;
            before = now;
        }
        writer.interrupt();
        writer.join();
    }
}
