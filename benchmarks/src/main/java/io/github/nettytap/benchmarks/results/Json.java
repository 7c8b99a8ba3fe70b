/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;

/** Writes maps, lists, texts and numbers as indented JSON (RFC 8259). */
public final class Json {

    private final StringBuilder text = new StringBuilder();

    private Json() {}

    public static String write(Object value) {
        Json json = new Json();
        json.value(value, 0);
        return json.text.append('\n').toString();
    }

    private void value(Object value, int depth) {
        if (value instanceof Map<?, ?> map) {
            members('{', '}', map.entrySet(), depth);
        } else if (value instanceof Collection<?> list) {
            members('[', ']', list, depth);
        } else if (value instanceof Double number) {
            // Neither NaN nor the infinities exist in JSON.
            text.append(Double.isFinite(number) ? String.format(Locale.ROOT, "%.6g", number) : "null");
        } else if (value instanceof Number || value instanceof Boolean || value == null) {
            text.append(value);
        } else {
            string(value.toString());
        }
    }

    private void members(char open, char close, Collection<?> members, int depth) {
        text.append(open);
        String separator = "";
        for (Object member : members) {
            text.append(separator).append('\n').append("  ".repeat(depth + 1));
            if (member instanceof Map.Entry<?, ?> entry) {
                string(entry.getKey().toString());
                text.append(": ");
                value(entry.getValue(), depth + 1);
            } else {
                value(member, depth + 1);
            }
            separator = ",";
        }
        if (!members.isEmpty()) {
            text.append('\n').append("  ".repeat(depth));
        }
        text.append(close);
    }

    private void string(String string) {
        text.append('"');
        string.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                text.append('\\').append((char) c);
            } else if (c < ' ') {
                text.append(String.format("\\u%04x", c));
            } else {
                text.append((char) c);
            }
        });
        text.append('"');
    }
}
