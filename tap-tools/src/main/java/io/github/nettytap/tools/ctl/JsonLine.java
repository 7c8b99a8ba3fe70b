/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import com.google.gson.stream.JsonWriter;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** A JSON object (RFC 8259) on a line, built member by member. */
final class JsonLine {

    private final StringWriter text = new StringWriter();
    private final JsonWriter json = new JsonWriter(text);

    JsonLine() {
        write(JsonWriter::beginObject);
    }

    /** Writes to memory, which does not fail. */
    private interface Step {
        void write(JsonWriter json) throws IOException;
    }

    private JsonLine write(Step step) {
        try {
            step.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    JsonLine text(String name, String value) {
        return write(json -> json.name(name).value(value));
    }

    JsonLine number(String name, long value) {
        return write(json -> json.name(name).value(value));
    }

    /** A value that is JSON already. */
    JsonLine json(String name, String value) {
        return write(json -> json.name(name).jsonValue(value));
    }

    @Override
    public String toString() {
        return text + "}";
    }
}
