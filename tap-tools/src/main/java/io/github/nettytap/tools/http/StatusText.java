/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import io.github.nettytap.tools.json.Json;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.tools.statistics.StatsJson;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/** The state of a program in the forms that people and other programs read. */
final class StatusText {

    /** Entries of an FDB in one answer; a page of more is no help to anybody. */
    static final int MAX_FDB_ENTRIES = 10_000;

    /** How long an FDB that was shown is shown again: making one is a walk through a table that may hold millions. */
    static final long FDB_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Status status;
    private final LongSupplier clock;
    private final long start;
    private String fdb;
    private long fdbMade;

    StatusText(Status status) {
        this(status, System::nanoTime);
    }

    StatusText(Status status, LongSupplier clock) {
        this.status = status;
        this.clock = clock;
        start = clock.getAsLong();
    }

    /** As {@code netty-tap ctl stats --json} has it, with the name of the program. */
    String ports() {
        return Json.object(json -> {
            json.name("program").value(status.program());
            StatsJson.now(json, status.ports(), clock.getAsLong() - start, status.counts());
        });
    }

    /** {@code {"entries":[…],"truncated":false}}, as it was within the last second: clients choose how often they ask. */
    String fdb() {
        long now = clock.getAsLong();
        if (fdb == null || now - fdbMade >= FDB_NANOS) {
            fdb = walkFdb();
            fdbMade = now;
        }
        return fdb;
    }

    private String walkFdb() {
        Iterator<String> entries = status.fdb();
        return Json.object(json -> {
            json.name("entries").beginArray();
            for (int count = 0; entries != null && entries.hasNext() && count < MAX_FDB_ENTRIES; count++) {
                json.jsonValue(entries.next());
            }
            json.endArray().name("truncated").value(entries != null && entries.hasNext());
        });
    }

    /** {@code {"nodes":[…],"links":[…]}}; both are empty where the program is one node alone. */
    String topology() {
        String topology = status.topology();
        return topology == null ? "{\"nodes\":[],\"links\":[]}" : topology;
    }

    /** Prometheus text format 0.0.4. */
    String prometheus() {
        List<PortSample> ports = status.ports();
        StringBuilder text = new StringBuilder();
        directions(
                text,
                "frames",
                "Frames that came in from the network, and that went out.",
                ports,
                PortSample::framesIn,
                PortSample::framesOut);
        directions(
                text,
                "bytes",
                "Bytes of these frames, without virtio-net headers.",
                ports,
                PortSample::bytesIn,
                PortSample::bytesOut);
        directions(
                text,
                "would_block",
                "Reads that found no frame, and writes that the device refused for the moment.",
                ports,
                PortSample::wouldBlockIn,
                PortSample::wouldBlockOut);
        family(text, "netty_tap_port_drops_total", "Frames that went nowhere, by reason.");
        for (PortSample port : ports) {
            port.drops()
                    .forEach((reason, count) -> sample(
                            text, "netty_tap_port_drops_total", port.port(), "reason", snake(reason.name()), count));
        }
        if (ports.stream().anyMatch(port -> !port.fates().isEmpty())) {
            family(text, "netty_tap_port_packets_total", "What became of packets that came in, by outcome.");
            for (PortSample port : ports) {
                port.fates()
                        .forEach((fate, count) -> sample(
                                text, "netty_tap_port_packets_total", port.port(), "outcome", snake(fate), count));
            }
        }
        for (Map.Entry<String, Long> count : status.counts().entrySet()) {
            String name = "netty_tap_" + snake(count.getKey()) + "_total";
            family(text, name, "Counted by netty-tap " + status.program() + ".");
            text.append(name).append(' ').append(count.getValue()).append('\n');
        }
        return text.toString();
    }

    private static void directions(
            StringBuilder text,
            String what,
            String help,
            List<PortSample> ports,
            ToLongFunction<PortSample> in,
            ToLongFunction<PortSample> out) {
        String name = "netty_tap_port_" + what + "_total";
        family(text, name, help);
        for (PortSample port : ports) {
            sample(text, name, port.port(), "direction", "in", in.applyAsLong(port));
            sample(text, name, port.port(), "direction", "out", out.applyAsLong(port));
        }
    }

    private static void family(StringBuilder text, String name, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(" counter\n");
    }

    private static void sample(StringBuilder text, String name, String port, String label, String value, long count) {
        text.append(name)
                .append("{port=\"")
                .append(escaped(port))
                .append("\",")
                .append(label)
                .append("=\"")
                .append(value)
                .append("\"} ")
                .append(count)
                .append('\n');
    }

    private static String escaped(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** {@code noRoute} and {@code NO_ROUTE} as {@code no_route}. */
    private static String snake(String name) {
        boolean constant = name.equals(name.toUpperCase(Locale.ROOT));
        return (constant ? name : name.replaceAll("([A-Z])", "_$1")).toLowerCase(Locale.ROOT);
    }
}
