/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.jfr;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.switching.PolicyDrop;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.transport.channel.SlowTurnListener;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapCounters;
import io.github.nettytap.transport.channel.TapEventLoop;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Puts what netty-tap does into recordings of Java Flight Recorder, those that run and those that start later.
 *
 * <p>{@code nettytap.ChannelBatches}, {@code nettytap.LoopBatches} and {@code nettytap.Drops} are made once a second
 * unless a recording asks for another period, and a last time by {@link #close()}; {@code nettytap.LinkEvent} and {@code
 * nettytap.SlowTurn} as they happen. Thread-safe.
 */
public final class TapFlightRecorder implements AutoCloseable {

    /** What a turn of an event loop takes at least to be recorded as slow. */
    public static final Duration SLOW_TURN = Duration.ofMillis(10);

    private final Duration slowTurn;
    private final List<ChannelSource> channels = new ArrayList<>();
    private final Map<TapEventLoop, LoopSource> loops = new LinkedHashMap<>();
    private final List<DropSource> drops = new ArrayList<>();
    private final Map<Class<? extends Event>, Runnable> hooks = Map.of(
            TapEvents.ChannelBatches.class, this::channelBatches,
            TapEvents.LoopBatches.class, this::loopBatches,
            TapEvents.Drops.class, this::drops);
    private boolean closed;

    private TapFlightRecorder(Duration slowTurn) {
        this.slowTurn = slowTurn;
        FlightRecorder.register(TapEvents.LinkChange.class);
        FlightRecorder.register(TapEvents.SlowTurn.class);
        hooks.forEach(FlightRecorder::addPeriodicEvent);
    }

    private record ChannelSource(TapChannel channel, Deltas counters, LinkEventHandler handler) {}

    private record LoopSource(int number, Deltas counters, SlowTurnListener listener) {}

    /** Counts by port and reason; of the last time in {@code before}. */
    private static final class DropSource {

        private final String name;
        private final Supplier<? extends Map<String, ? extends Map<String, Long>>> counts;
        private Map<String, Long> before = new HashMap<>();

        DropSource(String name, Supplier<? extends Map<String, ? extends Map<String, Long>>> counts) {
            this.name = name;
            this.counts = counts;
            counts.get()
                    .forEach((port, reasons) ->
                            reasons.forEach((reason, total) -> before.put(key(port, reason), total)));
        }

        static String key(String port, String reason) {
            return port + '\0' + reason;
        }
    }

    /**
     * Registers the events. The first call in a JVM takes some 200 ms and 9 MB.
     *
     * @return a recorder that watches nothing yet
     * @throws IllegalStateException if this JVM has no Flight Recorder
     */
    public static TapFlightRecorder install() {
        return install(SLOW_TURN);
    }

    /**
     * Registers the events.
     *
     * @param slowTurn what a turn of an event loop takes at least to be recorded as slow
     * @return a recorder that watches nothing yet
     * @throws IllegalStateException if this JVM has no Flight Recorder
     */
    public static TapFlightRecorder install(Duration slowTurn) {
        Objects.requireNonNull(slowTurn, "slowTurn");
        if (!FlightRecorder.isAvailable()) {
            throw new IllegalStateException(
                    "this JVM has no Flight Recorder: java.vm.name=" + System.getProperty("java.vm.name"));
        }
        return new TapFlightRecorder(slowTurn);
    }

    /**
     * Records the batches of all loops of a group, and their slow turns.
     *
     * @param group the group
     */
    public void add(TapEventLoopGroup group) {
        for (EventExecutor loop : group) {
            add((TapEventLoop) loop);
        }
    }

    /**
     * Records the batches of a loop, and its slow turns, in place of another listener of its slow turns. A loop that is
     * there already is not added again.
     *
     * @param loop the loop
     */
    public synchronized void add(TapEventLoop loop) {
        if (closed || loops.containsKey(loop)) {
            return;
        }
        int number = loops.size();
        SlowTurnListener listener = (in, io, tasks, frames) -> slowTurn(number, io, tasks, frames);
        loops.put(loop, new LoopSource(number, new Deltas(loop.counters().counters()), listener));
        loop.setSlowTurnListener(slowTurn, listener);
    }

    /**
     * Records the batches, the drops and, if it has the option {@code TAP_LINK_EVENTS}, the link events of a channel,
     * until it closes.
     *
     * @param channel the channel, registered
     */
    public void add(TapChannel channel) {
        LinkEventHandler handler = new LinkEventHandler();
        ChannelSource source =
                new ChannelSource(channel, new Deltas(channel.counters().counters()), handler);
        synchronized (this) {
            if (closed) {
                return;
            }
            channels.add(source);
        }
        // In front of whoever keeps them to himself.
        channel.pipeline().addFirst(handler);
        Runnable removal = addRemovably("channel", () -> Map.of(name(channel), reasons(channel.counters())));
        channel.closeFuture().addListener(done -> {
            removal.run();
            synchronized (this) {
                if (channels.remove(source)) {
                    commit(source);
                }
            }
        });
    }

    /**
     * Records the channel of a switch port, as {@link #add(TapChannel)} does, and what the switch drops there.
     *
     * @param port the port
     */
    public void add(SwitchPort port) {
        add(port, "switch", () -> {
            Map<String, Long> reasons = new HashMap<>();
            reasons.put("malformed", port.malformed());
            reasons.put("congested", port.congested());
            reasons.put("error", port.errors());
            for (PolicyDrop drop : PolicyDrop.values()) {
                reasons.put(EnumCounters.name(drop), port.dropped(drop));
            }
            return reasons;
        });
    }

    /**
     * Records the channel of a router port, as {@link #add(TapChannel)} does, and what the router drops there.
     *
     * @param port the port
     */
    public void add(RouterPort port) {
        add(port, "router", () -> {
            Map<String, Long> reasons = new HashMap<>();
            for (RouterCounter counter : RouterCounter.values()) {
                if (counter.isDrop()) {
                    reasons.put(EnumCounters.name(counter), port.count(counter));
                }
            }
            return reasons;
        });
    }

    private void add(Port port, String source, Supplier<Map<String, Long>> reasons) {
        if (port.channel() instanceof TapChannel) {
            add((TapChannel) port.channel());
        }
        Runnable removal = addRemovably(source, () -> Map.of(port.name(), reasons.get()));
        port.channel().closeFuture().addListener(done -> removal.run());
    }

    /**
     * Records drops of anything else, until this is closed.
     *
     * @param source what drops them
     * @param counts the drops since the beginning, by port and reason; asked once a second, on a thread of Flight
     *     Recorder
     */
    public void addDrops(String source, Supplier<? extends Map<String, ? extends Map<String, Long>>> counts) {
        addRemovably(source, counts);
    }

    /** What is returned records the drops a last time and forgets them. */
    private Runnable addRemovably(String source, Supplier<? extends Map<String, ? extends Map<String, Long>>> counts) {
        DropSource added = new DropSource(source, counts);
        synchronized (this) {
            if (!closed) {
                drops.add(added);
            }
        }
        return () -> {
            synchronized (this) {
                if (drops.remove(added)) {
                    commit(added);
                }
            }
        };
    }

    /** Records a last time, and watches nothing any more; recordings that run go on without. Idempotent. */
    @Override
    public void close() {
        // Outside of the lock that the hooks take.
        hooks.values().forEach(FlightRecorder::removePeriodicEvent);
        List<ChannelSource> handled;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            hooks.values().forEach(Runnable::run);
            loops.forEach((loop, source) -> loop.removeSlowTurnListener(source.listener()));
            loops.clear();
            drops.clear();
            handled = List.copyOf(channels);
            channels.clear();
        }
        for (ChannelSource source : handled) {
            source.handler().removeFrom(source.channel());
        }
    }

    private static String name(TapChannel channel) {
        return String.valueOf(channel.localAddress());
    }

    private static Map<String, Long> reasons(TapCounters counters) {
        return Map.of(
                "linkDown", counters.dropsLinkDown(),
                "malformed", counters.dropsMalformed(),
                "noMemory", counters.dropsNoMemory(),
                "other", counters.dropsOther());
    }

    private synchronized void channelBatches() {
        channels.forEach(TapFlightRecorder::commit);
    }

    private static void commit(ChannelSource source) {
        TapEvents.ChannelBatches event = new TapEvents.ChannelBatches();
        event.networkInterface = name(source.channel());
        event.framesReceived = source.counters().next("framesReceived");
        event.bytesReceived = source.counters().next("bytesReceived");
        event.receiveBatches = source.counters().next("receiveBatches");
        event.receiveBatchSize = Deltas.ratio(event.framesReceived, event.receiveBatches);
        event.framesSent = source.counters().next("framesSent");
        event.bytesSent = source.counters().next("bytesSent");
        event.sendBatches = source.counters().next("sendBatches");
        event.sendBatchSize = Deltas.ratio(event.framesSent, event.sendBatches);
        event.commit();
    }

    private synchronized void loopBatches() {
        for (LoopSource source : loops.values()) {
            TapEvents.LoopBatches event = new TapEvents.LoopBatches();
            event.loop = source.number();
            event.turns = source.counters().next("turns");
            event.batches = source.counters().next("batches");
            event.frames = source.counters().next("frames");
            event.batchSize = Deltas.ratio(event.frames, event.batches);
            event.rests = source.counters().next("rests");
            event.asleep = source.counters().next("asleepNanos");
            event.commit();
        }
    }

    private synchronized void drops() {
        drops.forEach(TapFlightRecorder::commit);
    }

    private static void commit(DropSource source) {
        Map<String, Long> now = new HashMap<>();
        source.counts
                .get()
                .forEach((port, reasons) -> reasons.forEach((reason, total) -> {
                    String key = DropSource.key(port, reason);
                    now.put(key, total);
                    long frames = total - source.before.getOrDefault(key, 0L);
                    if (frames != 0) {
                        TapEvents.Drops event = new TapEvents.Drops();
                        event.source = source.name;
                        event.port = port;
                        event.reason = reason;
                        event.frames = frames;
                        event.total = total;
                        event.commit();
                    }
                }));
        source.before = now;
    }

    private static void slowTurn(int loop, long io, long tasks, long frames) {
        TapEvents.SlowTurn event = new TapEvents.SlowTurn();
        event.loop = loop;
        event.turn = io + tasks;
        event.io = io;
        event.tasks = tasks;
        event.frames = frames;
        event.commit();
    }
}
