/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.doctor;

import io.github.nettytap.transport.diagnostics.Diagnosis;
import io.github.nettytap.transport.diagnostics.Finding;

import java.util.List;
import java.util.Locale;

/** A diagnosis as JSON, and whether what is in the way is permission or something else. */
public final class DiagnosisReport {

    private final boolean canCreate;
    private final String verdict;
    private final List<Finding> findings;

    /** Reports a diagnosis. */
    public DiagnosisReport(Diagnosis diagnosis) {
        canCreate = diagnosis.canCreate();
        verdict = diagnosis.verdict();
        findings = diagnosis.findings();
    }

    /** The diagnosis as one JSON object, ended by a newline. */
    public String json() {
        StringBuilder json = new StringBuilder("{\n");
        json.append("  \"canCreate\": ").append(canCreate).append(",\n");
        json.append("  \"verdict\": ").append(quoted(verdict)).append(",\n");
        json.append("  \"findings\": [");
        String separator = "\n";
        for (Finding finding : findings) {
            json.append(separator)
                    .append("    {\"topic\": ")
                    .append(quoted(finding.topic()))
                    .append(", \"status\": ")
                    .append(quoted(finding.status().name().toLowerCase(Locale.ROOT)))
                    .append(",\n     \"text\": ")
                    .append(quoted(finding.text()))
                    .append(",\n     \"advice\": ")
                    .append(quoted(finding.advice()))
                    .append('}');
            separator = ",\n";
        }
        return json.append("\n  ]\n}\n").toString();
    }

    /** RFC 8259, section 7: the quotation mark, the backslash and control characters are escaped. */
    public static String quoted(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
