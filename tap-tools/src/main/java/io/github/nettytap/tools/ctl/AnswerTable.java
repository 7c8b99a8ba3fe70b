/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.nettytap.tools.json.Json;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.tools.statistics.PortTable;
import io.github.nettytap.tools.statistics.TextTable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The answers of a control socket as tables for people. */
public final class AnswerTable {

    private AnswerTable() {}

    /** Why a request failed, of the last line of its answer. */
    public static String reason(String outcome) {
        return text(Json.parse(outcome), "error");
    }

    /** The lines of an answer as a table with headings; empty for verbs that only do something. */
    public static String format(ControlVerb verb, List<String> lines) {
        List<JsonObject> objects = lines.stream().map(Json::parse).toList();
        return switch (verb) {
            case PORTS, PORTS_ADD, PORTS_SET -> table(objects, "port", "index", "state", "settings");
            case FDB_SHOW -> table(sorted(objects), "mac", "vlan", "port", "kind", "age");
            case TABLES -> table(objects, "table", "entries", "capacity", "evicted", "refused");
            case NODES -> table(objects, "node", "kind", "ports", "lost");
            case ROUTES -> table(objects, "node", "prefix", "gateway", "port");
            case NAT -> table(objects, "node", "protocol", "inside", "outside", "remote");
            case RELOAD -> objects.isEmpty() ? "nothing differs\n" : table(objects, "change");
            case TOPOLOGY -> String.join("\n", lines) + "\n";
            case FORWARDS -> table(objects, "forward", "outside", "open", "accepted", "refused");
            case HELP -> table(objects, "usage", "text");
            case STATS ->
                PortTable.format(objects.stream()
                        .flatMap(object -> carried(object).stream())
                        .toList());
            case PORTS_REMOVE, FDB_FLUSH -> "";
        };
    }

    private static List<JsonObject> sorted(List<JsonObject> entries) {
        return entries.stream()
                .sorted(Comparator.<JsonObject, String>comparing(entry -> text(entry, "port"))
                        .thenComparing(entry -> number(entry, "vlan"))
                        .thenComparing(entry -> text(entry, "mac")))
                .toList();
    }

    private static List<PortTable.Row> carried(JsonObject statistics) {
        List<PortTable.Row> rows = new ArrayList<>();
        for (JsonElement port : statistics.getAsJsonArray("ports")) {
            rows.add(row(text(port.getAsJsonObject(), "port"), port.getAsJsonObject()));
        }
        if (statistics.has("removed")) {
            rows.add(row(PortSample.REMOVED, statistics.getAsJsonObject("removed")));
        }
        return rows;
    }

    private static PortTable.Row row(String name, JsonObject port) {
        long drops = port.getAsJsonObject("drops").asMap().values().stream()
                .mapToLong(JsonElement::getAsLong)
                .sum();
        return new PortTable.Row(
                name,
                number(port, "framesIn"),
                number(port, "bytesIn"),
                number(port, "framesOut"),
                number(port, "bytesOut"),
                drops);
    }

    private static String table(List<JsonObject> objects, String... columns) {
        List<String[]> cells = new ArrayList<>(List.of(new String[][] {columns}));
        for (JsonObject object : objects) {
            String[] row = new String[columns.length];
            for (int i = 0; i < row.length; i++) {
                row[i] = text(object, columns[i]);
            }
            cells.add(row);
        }
        return TextTable.format(TextTable.Alignment.LEFT, cells);
    }

    private static String text(JsonObject object, String name) {
        return object.get(name).getAsString();
    }

    private static long number(JsonObject object, String name) {
        return object.get(name).getAsLong();
    }
}
