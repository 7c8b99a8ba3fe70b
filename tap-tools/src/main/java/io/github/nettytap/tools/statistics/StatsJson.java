/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import io.github.nettytap.tools.doctor.DiagnosisReport;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Counters as JSON (RFC 8259), one object a line: the counts since the start, and what they grew by in a second. */
public final class StatsJson {

    private StatsJson() {}

    /**
     * What the ports carry now.
     *
     * @param before the ports at the start of the interval
     * @param now the same ports, in the same order, at its end
     * @param nanos the length of the interval
     * @param elapsed nanoseconds since the start
     * @param counts what else is counted
     */
    static String interval(
            List<PortSample> before, List<PortSample> now, long nanos, long elapsed, Map<String, Long> counts) {
        StringBuilder json = begin("interval", elapsed);
        json.append(",\"interval\":").append(seconds(nanos)).append(",\"ports\":[");
        String separator = "";
        for (int i = 0; i < now.size(); i++) {
            if (!now.get(i).isRemoved()) {
                port(json.append(separator), now.get(i));
                rates(json.append(','), now.get(i).since(before.get(i)), nanos);
                json.append('}');
                separator = ",";
            }
        }
        return end(json, now, counts);
    }

    /** What the ports have carried in all. */
    static String last(List<PortSample> ports, long elapsed, Map<String, Long> counts) {
        return carried("final", ports, elapsed, counts);
    }

    /** What the ports have carried so far. */
    public static String now(List<PortSample> ports, long elapsed, Map<String, Long> counts) {
        return carried("now", ports, elapsed, counts);
    }

    private static String carried(String event, List<PortSample> ports, long elapsed, Map<String, Long> counts) {
        StringBuilder json = begin(event, elapsed).append(",\"ports\":[");
        String separator = "";
        for (PortSample port : ports) {
            if (!port.isRemoved()) {
                port(json.append(separator), port);
                json.append('}');
                separator = ",";
            }
        }
        return end(json, ports, counts);
    }

    /** Removed ports are no element of the list, which is that of the ports there are. */
    private static String end(StringBuilder json, List<PortSample> ports, Map<String, Long> counts) {
        json.append(']');
        ports.stream().filter(PortSample::isRemoved).forEach(removed -> {
            json.append(",\"removed\":{");
            carried(json, removed);
            json.append('}');
        });
        object(json, "counts", counts);
        return json.append('}').toString();
    }

    private static void object(StringBuilder json, String name, Map<String, Long> members) {
        if (!members.isEmpty()) {
            json.append(members.entrySet().stream()
                    .map(member -> "\"" + member.getKey() + "\":" + member.getValue())
                    .collect(Collectors.joining(",", ",\"" + name + "\":{", "}")));
        }
    }

    private static StringBuilder begin(String event, long elapsed) {
        return new StringBuilder("{\"event\":\"")
                .append(event)
                .append("\",\"seconds\":")
                .append(seconds(elapsed));
    }

    private static void port(StringBuilder json, PortSample port) {
        json.append("{\"port\":").append(DiagnosisReport.quoted(port.port())).append(',');
        carried(json, port);
    }

    private static void carried(StringBuilder json, PortSample port) {
        json.append("\"framesIn\":").append(port.framesIn());
        member(json, "bytesIn", port.bytesIn());
        member(json, "framesOut", port.framesOut());
        member(json, "bytesOut", port.bytesOut());
        member(json, "wouldBlockIn", port.wouldBlockIn());
        member(json, "wouldBlockOut", port.wouldBlockOut());
        json.append(port.drops().entrySet().stream()
                .map(drop -> "\"" + drop.getKey().key() + "\":" + drop.getValue())
                .collect(Collectors.joining(",", ",\"drops\":{", "}")));
        object(json, "fates", port.fates());
    }

    private static void rates(StringBuilder json, PortSample change, long nanos) {
        json.append("\"perSecond\":{\"framesIn\":").append(perSecond(change.framesIn(), nanos));
        member(json, "bitsIn", perSecond(8 * change.bytesIn(), nanos));
        member(json, "framesOut", perSecond(change.framesOut(), nanos));
        member(json, "bitsOut", perSecond(8 * change.bytesOut(), nanos));
        json.append('}');
    }

    private static void member(StringBuilder json, String name, long value) {
        json.append(",\"").append(name).append("\":").append(value);
    }

    private static long perSecond(long number, long nanos) {
        return Math.round(number * 1e9 / nanos);
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e9);
    }
}
