/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import io.github.nettytap.tools.statistics.DropReason;
import io.github.nettytap.tools.statistics.PortSample;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A program whose ports carry more each time that they are asked. */
final class CannedStatus implements Status {

    /** A name that would be markup if it were not escaped. */
    static final String NASTY = "<img src=x onerror=alert(1)>\"\\";

    private final String topology;
    private int asked;

    CannedStatus() {
        this(null);
    }

    /** A program that is a network. */
    CannedStatus(String topology) {
        this.topology = topology;
    }

    @Override
    public String program() {
        return topology == null ? "switch" : "run";
    }

    @Override
    public String topology() {
        return topology;
    }

    @Override
    public synchronized List<PortSample> ports() {
        asked++;
        return List.of(port("tap0", asked * 1_000L, 0), port(NASTY, asked * 500L, 7));
    }

    private static PortSample port(String name, long count, long dropped) {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        drops.put(DropReason.MAC_LIMIT, dropped);
        return new PortSample(
                name, name, count, count * 1_000, count * 2, count * 2_000, 1, 2, drops, Map.of("noRoute", 3L));
    }

    @Override
    public Map<String, Long> counts() {
        return Map.of("arpRequests", 5L);
    }

    @Override
    public Iterator<String> fdb() {
        return IntStream.range(0, 20_000)
                .mapToObj(i -> String.format(
                        "{\"mac\":\"02:00:00:00:%02x:%02x\",\"vlan\":%d,\"port\":\"tap0\",\"kind\":\"dynamic\",\"age\":%d}",
                        i >> 8, i & 0xff, i % 3, i % 300))
                .iterator();
    }
}
