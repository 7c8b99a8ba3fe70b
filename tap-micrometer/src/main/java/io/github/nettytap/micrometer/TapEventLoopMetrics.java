/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.transport.channel.TapEventLoop;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapLoopCounters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.netty.util.concurrent.EventExecutor;

/**
 * Meters of the event loops of a group, with the tag {@code loop}, a number from 0: {@code tap.loop.turns},
 * {@code .batches}, {@code .frames}, {@code .rests} and {@code .asleep}, the time that the loop slept, in nanoseconds.
 */
public final class TapEventLoopMetrics extends Meters {

    private final TapEventLoopGroup group;

    /**
     * Meters of all loops of a group.
     *
     * @param group the group
     * @param tags further tags of each meter
     */
    public TapEventLoopMetrics(TapEventLoopGroup group, Iterable<Tag> tags) {
        super(tags);
        this.group = group;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        int number = 0;
        for (EventExecutor executor : group) {
            TapLoopCounters loop = ((TapEventLoop) executor).counters();
            String[] tag = {"loop", Integer.toString(number++)};
            counter(registry, "tap.loop.turns", "turns", "Turns of the event loop", loop::turns, tag);
            counter(registry, "tap.loop.batches", "batches", "Batches received by its channels", loop::batches, tag);
            counter(registry, "tap.loop.frames", "frames", "Frames received by its channels", loop::frames, tag);
            String rests = "Times that a drained channel was left alone for a while";
            counter(registry, "tap.loop.rests", "rests", rests, loop::rests, tag);
            counter(registry, "tap.loop.asleep", "nanoseconds", "Time without work", loop::asleepNanos, tag);
        }
    }
}
