/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import io.github.nettytap.examples.switching.PolicyDrop;
import io.github.nettytap.examples.switching.SwitchPort;
import io.github.nettytap.examples.switching.TapSwitch;
import io.github.nettytap.transport.channel.TapCounters;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What a port has counted since it was made, at one moment.
 *
 * @param port its name
 * @param framesIn frames that came from the network
 * @param bytesIn their bytes, without virtio-net headers
 * @param framesOut frames that were given to the network
 * @param bytesOut their bytes, without virtio-net headers
 * @param wouldBlockIn reads that found no frame
 * @param wouldBlockOut writes that the device refused for the moment
 * @param drops frames that went nowhere, all reasons present
 */
record PortSample(
        String port,
        long framesIn,
        long bytesIn,
        long framesOut,
        long bytesOut,
        long wouldBlockIn,
        long wouldBlockOut,
        Map<DropReason, Long> drops) {

    static final String TOTAL = "total";

    /** All ports that the switch ever had. */
    static List<PortSample> of(TapSwitch lan) {
        return lan.ports().stream().map(PortSample::of).toList();
    }

    private static PortSample of(SwitchPort port) {
        TapCounters counters = port.counters();
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        drops.put(DropReason.MALFORMED, port.malformed());
        drops.put(DropReason.CONGESTED, port.congested());
        drops.put(DropReason.VLAN, port.dropped(PolicyDrop.VLAN));
        drops.put(DropReason.SOURCE, port.dropped(PolicyDrop.SOURCE));
        drops.put(DropReason.HELD, port.dropped(PolicyDrop.HELD));
        drops.put(DropReason.MAC_LIMIT, port.dropped(PolicyDrop.LIMIT));
        drops.put(DropReason.STORM, port.dropped(PolicyDrop.STORM));
        drops.put(DropReason.ISOLATED, port.dropped(PolicyDrop.ISOLATED));
        drops.put(DropReason.LINK_DOWN, counters.dropsLinkDown());
        drops.put(DropReason.REFUSED, counters.dropsMalformed());
        drops.put(DropReason.NO_MEMORY, counters.dropsNoMemory());
        drops.put(DropReason.OTHER, counters.dropsOther());
        return new PortSample(
                port.name(),
                counters.framesReceived(),
                counters.bytesReceived(),
                counters.framesSent(),
                counters.bytesSent(),
                counters.receiveWouldBlock(),
                counters.sendWouldBlock(),
                drops);
    }

    /** All ports as one. */
    static PortSample total(List<PortSample> ports) {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        for (DropReason reason : DropReason.values()) {
            drops.put(reason, sum(ports, port -> port.drops().get(reason)));
        }
        return new PortSample(
                TOTAL,
                sum(ports, PortSample::framesIn),
                sum(ports, PortSample::bytesIn),
                sum(ports, PortSample::framesOut),
                sum(ports, PortSample::bytesOut),
                sum(ports, PortSample::wouldBlockIn),
                sum(ports, PortSample::wouldBlockOut),
                drops);
    }

    private static long sum(List<PortSample> ports, ToLongFunction<PortSample> value) {
        return ports.stream().mapToLong(value).sum();
    }

    /** What was counted since an earlier sample of the same port. */
    PortSample since(PortSample before) {
        Map<DropReason, Long> more = new EnumMap<>(DropReason.class);
        drops.forEach((reason, count) -> more.put(reason, count - before.drops.get(reason)));
        return new PortSample(
                port,
                framesIn - before.framesIn,
                bytesIn - before.bytesIn,
                framesOut - before.framesOut,
                bytesOut - before.bytesOut,
                wouldBlockIn - before.wouldBlockIn,
                wouldBlockOut - before.wouldBlockOut,
                more);
    }

    /** The line of the table of what was carried in all. */
    PortTable.Row row() {
        return new PortTable.Row(port, framesIn, bytesIn, framesOut, bytesOut, dropped());
    }

    long dropped() {
        return drops.values().stream().mapToLong(Long::longValue).sum();
    }
}
