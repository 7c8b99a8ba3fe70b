/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapCounters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;

import java.util.List;

/**
 * Meters of one {@link TapChannel}, with the tag {@code interface}: {@code tap.channel.frames}, {@code .bytes} and
 * {@code .batches} by {@code direction}, {@code tap.channel.drops} by {@code reason}, {@code tap.channel.segmented},
 * {@code .copied}, and {@code .receive.errors}. Removed when the channel closes.
 */
public final class TapChannelMetrics extends Meters {

    private final TapChannel channel;
    private final String name;

    /**
     * Meters of a channel; bind them once it is registered, since its interface has a name then.
     *
     * @param channel the channel
     * @param tags further tags of each meter
     */
    public TapChannelMetrics(TapChannel channel, Iterable<Tag> tags) {
        super(tags);
        this.channel = channel;
        name = String.valueOf(channel.localAddress());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        TapCounters counters = channel.counters();
        traffic(
                registry,
                "tap.channel",
                List.of(counters::framesReceived, counters::framesSent, counters::bytesReceived, counters::bytesSent),
                "interface",
                name);
        String batches = "Rounds of reading and writing; frames by batches is what one system call or wake-up carries";
        String[] received = {"interface", name, "direction", RECEIVED};
        String[] sent = {"interface", name, "direction", SENT};
        counter(registry, "tap.channel.batches", "batches", batches, counters::receiveBatches, received);
        counter(registry, "tap.channel.batches", "batches", batches, counters::sendBatches, sent);
        String drops = "Frames that were to be sent and were not";
        String unit = "frames";
        counter(registry, "tap.channel.drops", unit, drops, counters::dropsLinkDown, reason("link_down"));
        counter(registry, "tap.channel.drops", unit, drops, counters::dropsMalformed, reason("malformed"));
        counter(registry, "tap.channel.drops", unit, drops, counters::dropsNoMemory, reason("no_memory"));
        counter(registry, "tap.channel.drops", unit, drops, counters::dropsOther, reason("other"));
        String[] tag = {"interface", name};
        String segmented = "GSO frames that were segmented in software, since the kernel refused them";
        counter(registry, "tap.channel.segmented", unit, segmented, counters::framesSegmented, tag);
        String copied = "Received frames that were copied, since their slab was kept too long";
        counter(registry, "tap.channel.copied", unit, copied, counters::framesCopied, tag);
        String errors = "Reads that failed";
        counter(registry, "tap.channel.receive.errors", "errors", errors, counters::receiveErrors, tag);
        closeWith(channel);
    }

    private String[] reason(String reason) {
        return new String[] {"interface", name, "reason", reason};
    }
}
