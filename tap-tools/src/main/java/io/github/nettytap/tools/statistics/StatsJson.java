/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import com.google.gson.stream.JsonWriter;
import io.github.nettytap.tools.json.Json;

import java.io.IOException;
import java.util.List;
import java.util.Map;

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
        return Json.object(json -> {
            begin(json, "interval", elapsed);
            json.name("interval").value(Json.seconds(nanos));
            json.name("ports").beginArray();
            for (int i = 0; i < now.size(); i++) {
                if (!now.get(i).isRemoved()) {
                    begin(json, now.get(i));
                    rates(json, now.get(i).since(before.get(i)), nanos);
                    json.endObject();
                }
            }
            end(json, now, counts);
        });
    }

    /** What the ports have carried in all. */
    static String last(List<PortSample> ports, long elapsed, Map<String, Long> counts) {
        return Json.object(json -> carried(json, "final", ports, elapsed, counts));
    }

    /** What the ports have carried so far. */
    public static String now(List<PortSample> ports, long elapsed, Map<String, Long> counts) {
        return Json.object(json -> now(json, ports, elapsed, counts));
    }

    /** What the ports have carried so far: the members of an object. */
    public static void now(JsonWriter json, List<PortSample> ports, long elapsed, Map<String, Long> counts)
            throws IOException {
        carried(json, "now", ports, elapsed, counts);
    }

    private static void carried(
            JsonWriter json, String event, List<PortSample> ports, long elapsed, Map<String, Long> counts)
            throws IOException {
        begin(json, event, elapsed);
        json.name("ports").beginArray();
        for (PortSample port : ports) {
            if (!port.isRemoved()) {
                begin(json, port);
                json.endObject();
            }
        }
        end(json, ports, counts);
    }

    private static void begin(JsonWriter json, String event, long elapsed) throws IOException {
        json.name("event").value(event).name("seconds").value(Json.seconds(elapsed));
    }

    /** Removed ports are no element of the list, which is that of the ports there are. */
    private static void end(JsonWriter json, List<PortSample> ports, Map<String, Long> counts) throws IOException {
        json.endArray();
        for (PortSample port : ports) {
            if (port.isRemoved()) {
                json.name("removed").beginObject();
                carried(json, port);
                json.endObject();
            }
        }
        Json.numbers(json, "counts", counts);
    }

    private static void begin(JsonWriter json, PortSample port) throws IOException {
        json.beginObject().name("port").value(port.port());
        carried(json, port);
    }

    private static void carried(JsonWriter json, PortSample port) throws IOException {
        json.name("framesIn").value(port.framesIn());
        json.name("bytesIn").value(port.bytesIn());
        json.name("framesOut").value(port.framesOut());
        json.name("bytesOut").value(port.bytesOut());
        json.name("wouldBlockIn").value(port.wouldBlockIn());
        json.name("wouldBlockOut").value(port.wouldBlockOut());
        json.name("drops").beginObject();
        for (Map.Entry<DropReason, Long> drop : port.drops().entrySet()) {
            json.name(drop.getKey().key()).value(drop.getValue());
        }
        json.endObject();
        Json.numbers(json, "fates", port.fates());
    }

    private static void rates(JsonWriter json, PortSample change, long nanos) throws IOException {
        json.name("perSecond").beginObject();
        json.name("framesIn").value(perSecond(change.framesIn(), nanos));
        json.name("bitsIn").value(perSecond(8 * change.bytesIn(), nanos));
        json.name("framesOut").value(perSecond(change.framesOut(), nanos));
        json.name("bitsOut").value(perSecond(8 * change.bytesOut(), nanos));
        json.endObject();
    }

    private static long perSecond(long number, long nanos) {
        return Math.round(number * 1e9 / nanos);
    }
}
