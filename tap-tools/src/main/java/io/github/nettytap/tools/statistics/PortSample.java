/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import io.github.nettytap.net.port.FrameCounters;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.switching.PolicyDrop;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.transport.channel.TapCounters;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What a port has counted since it was made, at one moment.
 *
 * @param identity what tells it from another port of the same name, of before or after
 * @param port its name
 * @param framesIn frames that came from the network
 * @param bytesIn their bytes, without virtio-net headers
 * @param framesOut frames that were given to the network
 * @param bytesOut their bytes, without virtio-net headers
 * @param wouldBlockIn reads that found no frame
 * @param wouldBlockOut writes that the device refused for the moment
 * @param drops frames that went nowhere, all reasons that the program has
 * @param fates what else the program counts at a port, by the names of JSON members
 */
public record PortSample(
        Object identity,
        String port,
        long framesIn,
        long bytesIn,
        long framesOut,
        long bytesOut,
        long wouldBlockIn,
        long wouldBlockOut,
        Map<DropReason, Long> drops,
        Map<String, Long> fates) {

    static final String TOTAL = "total";

    /** Brackets set it apart from the interfaces, which are rarely named so. */
    public static final String REMOVED = "(removed)";

    /** All ports of a switch. */
    public static List<PortSample> of(TapSwitch lan) {
        return lan.ports().stream().map(PortSample::of).toList();
    }

    /** A port of a switch, there or removed. */
    public static PortSample of(SwitchPort port) {
        PortSample sample = of(port, port, port.malformed(), port.congested());
        sample.drops.put(DropReason.VLAN, port.dropped(PolicyDrop.VLAN));
        sample.drops.put(DropReason.SOURCE, port.dropped(PolicyDrop.SOURCE));
        sample.drops.put(DropReason.INVALID_SOURCE, port.dropped(PolicyDrop.INVALID_SOURCE));
        sample.drops.put(DropReason.HELD, port.dropped(PolicyDrop.HELD));
        sample.drops.put(DropReason.MAC_LIMIT, port.dropped(PolicyDrop.LIMIT));
        sample.drops.put(DropReason.STORM, port.dropped(PolicyDrop.STORM));
        sample.drops.put(DropReason.ISOLATED, port.dropped(PolicyDrop.ISOLATED));
        sample.drops.put(DropReason.ERROR, port.errors());
        return sample;
    }

    /** A port of the router: what it could not send on is a reason of its own, and each fate is reported. */
    public static PortSample of(RouterPort port) {
        long malformed = port.count(RouterCounter.MALFORMED);
        long congested = port.count(RouterCounter.CONGESTED);
        PortSample sample = of(port.name(), port, malformed, congested);
        long ofChannel =
                port.channelCounters() == null ? 0 : port.channelCounters().drops();
        sample.drops.put(DropReason.NOT_ROUTED, port.drops() - ofChannel - malformed - congested);
        return new PortSample(
                sample.identity,
                sample.port,
                sample.framesIn,
                sample.bytesIn,
                sample.framesOut,
                sample.bytesOut,
                sample.wouldBlockIn,
                sample.wouldBlockOut,
                sample.drops,
                port.counters().values());
    }

    /** The drops by the names of JSON members. */
    public Map<String, Long> dropsByKey() {
        Map<String, Long> byKey = new LinkedHashMap<>();
        drops.forEach((reason, count) -> byKey.put(reason.key(), count));
        return byKey;
    }

    /** The channel of a TAP, whatever is behind it. */
    public static PortSample of(String port, TapCounters counters, long malformed, long congested) {
        return of(port, port, counters, malformed, congested);
    }

    /** A port that is neither of a switch nor of a router. */
    public static PortSample of(Port port, long malformed, long congested) {
        return of(port, port, malformed, congested);
    }

    /** The same port by another name, with more that is counted there. */
    public PortSample named(String name, Map<String, Long> more) {
        Map<String, Long> all = new LinkedHashMap<>(fates);
        all.putAll(more);
        return new PortSample(
                // A name that tells ports of one node apart may be at another too.
                identity.equals(port) ? name : identity,
                name,
                framesIn,
                bytesIn,
                framesOut,
                bytesOut,
                wouldBlockIn,
                wouldBlockOut,
                drops,
                all);
    }

    private static PortSample of(Object identity, Port port, long malformed, long congested) {
        return port.channelCounters() == null
                ? of(identity, port.name(), port.frameCounters(), malformed, congested)
                : of(identity, port.name(), port.channelCounters(), malformed, congested);
    }

    /** The channel of a socket: what it cannot send waits or is counted as congestion. */
    private static PortSample of(Object identity, String port, FrameCounters counters, long malformed, long congested) {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        for (DropReason reason :
                List.of(DropReason.LINK_DOWN, DropReason.REFUSED, DropReason.NO_MEMORY, DropReason.OTHER)) {
            drops.put(reason, 0L);
        }
        drops.put(DropReason.MALFORMED, malformed);
        drops.put(DropReason.CONGESTED, congested);
        return new PortSample(
                identity,
                port,
                counters.framesReceived(),
                counters.bytesReceived(),
                counters.framesSent(),
                counters.bytesSent(),
                0,
                0,
                drops,
                Map.of());
    }

    private static PortSample of(Object identity, String port, TapCounters counters, long malformed, long congested) {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        drops.put(DropReason.MALFORMED, malformed);
        drops.put(DropReason.CONGESTED, congested);
        drops.put(DropReason.LINK_DOWN, counters.dropsLinkDown());
        drops.put(DropReason.REFUSED, counters.dropsMalformed());
        drops.put(DropReason.NO_MEMORY, counters.dropsNoMemory());
        drops.put(DropReason.OTHER, counters.dropsOther());
        return new PortSample(
                identity,
                port,
                counters.framesReceived(),
                counters.bytesReceived(),
                counters.framesSent(),
                counters.bytesSent(),
                counters.receiveWouldBlock(),
                counters.sendWouldBlock(),
                drops,
                Map.of());
    }

    /** All ports as one. */
    static PortSample total(List<PortSample> ports) {
        return sum(TOTAL, ports);
    }

    /** Ports that are there no longer, as one. */
    public static PortSample removed(List<PortSample> ports) {
        return sum(REMOVED, ports);
    }

    /** Whether this is what removed ports have carried. */
    boolean isRemoved() {
        return identity.equals(REMOVED);
    }

    private static PortSample sum(String name, List<PortSample> ports) {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        for (PortSample port : ports) {
            port.drops.forEach((reason, count) -> drops.merge(reason, count, Long::sum));
        }
        return new PortSample(
                name,
                name,
                sum(ports, PortSample::framesIn),
                sum(ports, PortSample::bytesIn),
                sum(ports, PortSample::framesOut),
                sum(ports, PortSample::bytesOut),
                sum(ports, PortSample::wouldBlockIn),
                sum(ports, PortSample::wouldBlockOut),
                drops,
                Map.of());
    }

    private static long sum(List<PortSample> ports, ToLongFunction<PortSample> value) {
        return ports.stream().mapToLong(value).sum();
    }

    /**
     * Earlier samples of these ports, in their order; nothing counted for those that were not there. Removed ports have
     * carried the same before, since they carry nothing now.
     */
    static List<PortSample> earlier(List<PortSample> before, List<PortSample> now) {
        Map<Object, PortSample> known = new HashMap<>();
        before.forEach(sample -> known.put(sample.identity, sample));
        return now.stream()
                .map(sample -> sample.isRemoved() ? sample : known.getOrDefault(sample.identity, sample.since(sample)))
                .toList();
    }

    /** What was counted since an earlier sample of the same port. */
    PortSample since(PortSample before) {
        Map<DropReason, Long> more = new EnumMap<>(DropReason.class);
        drops.forEach((reason, count) -> more.put(reason, count - before.drops.getOrDefault(reason, 0L)));
        return new PortSample(
                identity,
                port,
                framesIn - before.framesIn,
                bytesIn - before.bytesIn,
                framesOut - before.framesOut,
                bytesOut - before.bytesOut,
                wouldBlockIn - before.wouldBlockIn,
                wouldBlockOut - before.wouldBlockOut,
                more,
                Map.of());
    }

    /** The line of the table of what was carried in all. */
    public PortTable.Row row() {
        return new PortTable.Row(port, framesIn, bytesIn, framesOut, bytesOut, dropped());
    }

    long dropped() {
        return drops.values().stream().mapToLong(Long::longValue).sum();
    }
}
