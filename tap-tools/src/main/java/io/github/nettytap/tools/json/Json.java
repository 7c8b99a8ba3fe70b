/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.json;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Map;

/** JSON objects as text. */
public final class Json {

    /** Writes the members of an object, or whatever else belongs where the writer stands. */
    @FunctionalInterface
    public interface Body {

        /** Writes to memory, which does not fail. */
        void write(JsonWriter json) throws IOException;
    }

    private Json() {}

    /** An object on one line, without a line end. */
    public static String object(Body members) {
        return object("", members);
    }

    /** An object whose members stand on lines of their own, without a line end after the last. */
    public static String indentedObject(Body members) {
        return object("  ", members);
    }

    private static String object(String indent, Body members) {
        StringWriter text = new StringWriter();
        JsonWriter json = new JsonWriter(text);
        json.setIndent(indent);
        try {
            json.beginObject();
            members.write(json);
            json.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** A member that is an object of numbers; left out if there are none. */
    public static void numbers(JsonWriter json, String name, Map<String, Long> numbers) throws IOException {
        if (!numbers.isEmpty()) {
            json.name(name).beginObject();
            for (Map.Entry<String, Long> number : numbers.entrySet()) {
                json.name(number.getKey()).value(number.getValue());
            }
            json.endObject();
        }
    }

    /** Nanoseconds as seconds with three decimals. */
    public static BigDecimal seconds(long nanos) {
        return BigDecimal.valueOf(Math.round(nanos / 1e6), 3);
    }

    /**
     * Reads an object.
     *
     * @throws com.google.gson.JsonParseException if the text is something else
     */
    public static JsonObject parse(String text) {
        return JsonParser.parseString(text).getAsJsonObject();
    }
}
