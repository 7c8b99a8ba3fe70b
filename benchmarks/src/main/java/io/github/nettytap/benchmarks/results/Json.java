/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import com.google.gson.Strictness;
import com.google.gson.reflect.TypeToken;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;

/** Result files as JSON (RFC 8259): maps, lists, texts, numbers, booleans and null. */
public final class Json {

    /** Six digits, as nothing is measured better. Neither NaN nor the infinities exist in JSON. */
    private static final JsonSerializer<Double> SIX_DIGITS = (number, type, context) ->
            Double.isFinite(number) ? new JsonPrimitive(new BigDecimal(number, new MathContext(6))) : null;

    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeNulls()
            .setStrictness(Strictness.STRICT)
            .registerTypeAdapter(Double.class, SIX_DIGITS)
            .create();

    private Json() {}

    /** Writes an object, a member a line. */
    public static String write(Map<String, ?> object) {
        return GSON.toJson(object) + '\n';
    }

    /**
     * Reads an object; numbers become doubles.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    static Map<String, Object> read(String text) {
        try {
            return GSON.fromJson(text, new TypeToken<Map<String, Object>>() {});
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
        }
    }
}
