/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.tools.doctor.DiagnosisReport;

/** A JSON object (RFC 8259) on a line, built member by member. */
final class JsonLine {

    private final StringBuilder json = new StringBuilder("{");

    JsonLine text(String name, String value) {
        return member(name, DiagnosisReport.quoted(value));
    }

    JsonLine number(String name, long value) {
        return member(name, Long.toString(value));
    }

    /** A value that is JSON already. */
    JsonLine json(String name, String value) {
        return member(name, value);
    }

    private JsonLine member(String name, String value) {
        json.append(json.length() > 1 ? "," : "")
                .append('"')
                .append(name)
                .append("\":")
                .append(value);
        return this;
    }

    @Override
    public String toString() {
        return json + "}";
    }
}
