/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;

/**
 * Meters of one port of a router, with the tag {@code port}: {@code tap.router.port.frames} and {@code .bytes} by
 * {@code direction}, {@code tap.router.port.packets} by {@code outcome}, {@code tap.router.port.drops} by
 * {@code reason}. Removed when the channel of the port closes.
 */
public final class RouterPortMetrics extends Meters {

    private final RouterPort port;

    /**
     * Meters of a port.
     *
     * @param port the port
     * @param tags further tags of each meter, such as the name of the router
     */
    public RouterPortMetrics(RouterPort port, Iterable<Tag> tags) {
        super(tags);
        this.port = port;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        traffic(registry, "tap.router.port", port);
        for (RouterCounter counter : RouterCounter.values()) {
            String[] tag = {"port", port.name(), counter.isDrop() ? "reason" : "outcome", value(counter)};
            counter(
                    registry,
                    counter.isDrop() ? "tap.router.port.drops" : "tap.router.port.packets",
                    "packets",
                    counter.isDrop()
                            ? "Packets that came in through the port and went nowhere"
                            : "What became of packets that came in through the port",
                    () -> port.count(counter),
                    tag);
        }
        closeWith(port.channel());
    }
}
