/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.net.switching.EthernetSwitch;
import io.github.nettytap.net.switching.fdb.FdbCounters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;

/**
 * Meters of a switch: {@code tap.switch.fdb.entries} and {@code .capacity}, {@code tap.switch.fdb.changes} by
 * {@code change}, {@code tap.switch.ports}. Those of its ports are {@link SwitchPortMetrics}.
 */
public final class SwitchMetrics extends Meters {

    private final EthernetSwitch bridge;

    /**
     * Meters of a switch.
     *
     * @param bridge the switch
     * @param tags further tags of each meter, such as its name
     */
    public SwitchMetrics(EthernetSwitch bridge, Iterable<Tag> tags) {
        super(tags);
        this.bridge = bridge;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "tap.switch.ports", "ports", "Ports", () -> bridge.ports()
                .size());
        gauge(registry, "tap.switch.fdb.entries", "entries", "Addresses in the FDB", bridge::fdbSize);
        gauge(registry, "tap.switch.fdb.capacity", "entries", "Addresses that the FDB can hold", bridge::fdbCapacity);
        FdbCounters fdb = bridge.fdbCounters();
        String changes = "Changes of the FDB; evicted_own: in favour of an address of the same port";
        String name = "tap.switch.fdb.changes";
        counter(registry, name, "entries", changes, fdb::added, "change", "added");
        counter(registry, name, "entries", changes, fdb::moved, "change", "moved");
        counter(registry, name, "entries", changes, fdb::expired, "change", "expired");
        counter(registry, name, "entries", changes, fdb::evicted, "change", "evicted");
        counter(registry, name, "entries", changes, fdb::evictedOwn, "change", "evicted_own");
        counter(registry, name, "entries", changes, fdb::refused, "change", "refused");
    }
}
