/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.net.switching.PolicyDrop;
import io.github.nettytap.net.switching.SwitchPort;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;

/**
 * Meters of one port of a switch, with the tag {@code port}: {@code tap.switch.port.frames} and {@code .bytes} by
 * {@code direction}, {@code tap.switch.port.drops} by {@code reason}, {@code tap.switch.port.segmented}. Removed when
 * the channel of the port closes.
 */
public final class SwitchPortMetrics extends Meters {

    private final SwitchPort port;

    /**
     * Meters of a port.
     *
     * @param port the port
     * @param tags further tags of each meter, such as the name of the switch
     */
    public SwitchPortMetrics(SwitchPort port, Iterable<Tag> tags) {
        super(tags);
        this.port = port;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        traffic(registry, "tap.switch.port", port);
        String drops = "Frames that came in through the port, or were to leave by it, and went nowhere";
        String name = "tap.switch.port.drops";
        String unit = "frames";
        counter(registry, name, unit, drops, port::malformed, reason("malformed"));
        counter(registry, name, unit, drops, port::congested, reason("congested"));
        counter(registry, name, unit, drops, port::errors, reason("error"));
        for (PolicyDrop drop : PolicyDrop.values()) {
            counter(registry, name, unit, drops, () -> port.dropped(drop), reason(value(drop)));
        }
        String filtered = "Frames that the switch keeps from passing by the book, such as those to its own groups";
        counter(registry, "tap.switch.port.filtered", unit, filtered, port::filtered, "port", port.name());
        String segmented = "GSO frames that were segmented for the port";
        counter(registry, "tap.switch.port.segmented", unit, segmented, port::segmented, "port", port.name());
        closeWith(port.channel());
    }

    private String[] reason(String reason) {
        return new String[] {"port", port.name(), "reason", reason};
    }
}
