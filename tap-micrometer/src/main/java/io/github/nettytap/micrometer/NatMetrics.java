/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.net.routing.nat.SourceNat;
import io.github.nettytap.net.table.TableCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;

/** Meters of a NAT: {@code tap.nat.connections}, and {@code tap.nat.changes} by {@code change}. */
public final class NatMetrics extends Meters {

    private final SourceNat nat;

    /**
     * Meters of a NAT.
     *
     * @param nat the NAT
     * @param tags further tags of each meter, such as the name of the router
     */
    public NatMetrics(SourceNat nat, Iterable<Tag> tags) {
        super(tags);
        this.nat = nat;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "tap.nat.connections", "connections", "Connections that are known", nat::size);
        for (TableCounter counter : TableCounter.values()) {
            counter(
                    registry,
                    "tap.nat.changes",
                    "connections",
                    "Changes of the table of connections; evicted_own: in favour of one of the same host",
                    () -> nat.count(counter),
                    "change",
                    value(counter));
        }
    }
}
