/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.net.port.FrameCounters;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.transport.channel.TapCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netty.channel.Channel;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/** The meters of one binder, in all registries that it was bound to; removed together. Thread-safe. */
abstract class Meters implements MeterBinder, AutoCloseable {

    static final String RECEIVED = "received";
    static final String SENT = "sent";

    private final ConcurrentLinkedQueue<Registered> registered = new ConcurrentLinkedQueue<>();
    private final Tags tags;

    Meters(Iterable<Tag> tags) {
        this.tags = Tags.of(tags);
    }

    private record Registered(MeterRegistry registry, Meter meter) {}

    /** Removes the meters from their registries. Idempotent. */
    @Override
    public void close() {
        for (Registered one = registered.poll(); one != null; one = registered.poll()) {
            one.registry().remove(one.meter());
        }
    }

    final void closeWith(Channel channel) {
        channel.closeFuture().addListener(closed -> close());
    }

    final void counter(
            MeterRegistry registry, String name, String unit, String description, LongSupplier value, String... more) {
        // The supplier is what the meter refers to weakly, so the meter holds it by its function as well.
        registered.add(new Registered(
                registry,
                FunctionCounter.builder(name, value, from -> value.getAsLong())
                        .tags(tags.and(more))
                        .description(description)
                        .baseUnit(unit)
                        .register(registry)));
    }

    final void gauge(
            MeterRegistry registry, String name, String unit, String description, LongSupplier value, String... more) {
        registered.add(new Registered(
                registry,
                Gauge.builder(name, value::getAsLong)
                        .tags(tags.and(more))
                        .description(description)
                        .baseUnit(unit)
                        .strongReference(true)
                        .register(registry)));
    }

    /** Frames and bytes of a port both ways, whatever its channel is. */
    final void traffic(MeterRegistry registry, String prefix, Port port) {
        TapCounters tap = port.channelCounters();
        FrameCounters frames = port.frameCounters();
        if (tap != null) {
            traffic(
                    registry,
                    prefix,
                    List.of(tap::framesReceived, tap::framesSent, tap::bytesReceived, tap::bytesSent),
                    "port",
                    port.name());
        } else if (frames != null) {
            traffic(
                    registry,
                    prefix,
                    List.of(frames::framesReceived, frames::framesSent, frames::bytesReceived, frames::bytesSent),
                    "port",
                    port.name());
        }
    }

    final void traffic(MeterRegistry registry, String prefix, List<LongSupplier> values, String key, String name) {
        String frames = "Ethernet frames; a GSO frame counts once";
        counter(registry, prefix + ".frames", "frames", frames, values.get(0), key, name, "direction", RECEIVED);
        counter(registry, prefix + ".frames", "frames", frames, values.get(1), key, name, "direction", SENT);
        String bytes = "Bytes of Ethernet frames, without virtio-net header and FCS";
        counter(registry, prefix + ".bytes", BaseUnits.BYTES, bytes, values.get(2), key, name, "direction", RECEIVED);
        counter(registry, prefix + ".bytes", BaseUnits.BYTES, bytes, values.get(3), key, name, "direction", SENT);
    }

    /** The value of a tag for a constant, as Micrometer has them: lower case, with underscores. */
    static String value(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
