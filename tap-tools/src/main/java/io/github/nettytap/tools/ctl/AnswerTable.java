/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.tools.statistics.PortTable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The answers of a control socket as tables for people. */
public final class AnswerTable {

    private AnswerTable() {}

    /** Why a request failed, of the last line of its answer. */
    public static String reason(String outcome) {
        return text(parse(outcome), "error");
    }

    /** The lines of an answer as a table with headings; empty for verbs that only do something. */
    public static String format(ControlVerb verb, List<String> lines) {
        List<Map<String, Object>> objects =
                lines.stream().map(AnswerTable::parse).toList();
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

    private static List<Map<String, Object>> sorted(List<Map<String, Object>> stations) {
        return stations.stream()
                .sorted(Comparator.<Map<String, Object>, String>comparing(station -> text(station, "port"))
                        .thenComparing(station -> number(station, "vlan"))
                        .thenComparing(station -> text(station, "mac")))
                .toList();
    }

    private static List<PortTable.Row> carried(Map<String, Object> statistics) {
        List<PortTable.Row> rows = new ArrayList<>();
        list(statistics.get("ports")).forEach(port -> rows.add(row(text(port, "port"), port)));
        if (statistics.containsKey("removed")) {
            rows.add(row(PortSample.REMOVED, map(statistics.get("removed"))));
        }
        return rows;
    }

    private static PortTable.Row row(String name, Map<String, Object> port) {
        long drops = map(port.get("drops")).values().stream()
                .mapToLong(count -> ((Number) count).longValue())
                .sum();
        return new PortTable.Row(
                name,
                number(port, "framesIn"),
                number(port, "bytesIn"),
                number(port, "framesOut"),
                number(port, "bytesOut"),
                drops);
    }

    /** All columns to the left; the last one may be empty. */
    private static String table(List<Map<String, Object>> objects, String... columns) {
        List<String[]> cells = new ArrayList<>(List.of(new String[][] {columns}));
        for (Map<String, Object> object : objects) {
            String[] row = new String[columns.length];
            for (int i = 0; i < row.length; i++) {
                row[i] = text(object, columns[i]);
            }
            cells.add(row);
        }
        int[] widths = new int[columns.length];
        for (String[] row : cells) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        return cells.stream().map(row -> line(row, widths)).collect(Collectors.joining());
    }

    private static String line(String[] row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.length; i++) {
            line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
        }
        return line.toString().stripTrailing() + "\n";
    }

    /** JSON without escapes of its own is YAML, whose parser is here for the configuration. */
    private static Map<String, Object> parse(String json) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(Integer.MAX_VALUE);
        return map(new Yaml(new SafeConstructor(options)).load(json));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Object value) {
        return (List<Map<String, Object>>) value;
    }

    private static String text(Map<String, Object> object, String name) {
        return String.valueOf(object.get(name));
    }

    private static long number(Map<String, Object> object, String name) {
        return ((Number) object.get(name)).longValue();
    }
}
