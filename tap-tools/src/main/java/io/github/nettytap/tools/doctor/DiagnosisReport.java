/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.doctor;

import io.github.nettytap.tools.json.Json;
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
        return Json.indentedObject(json -> {
                    json.name("canCreate").value(canCreate).name("verdict").value(verdict);
                    json.name("findings").beginArray();
                    for (Finding finding : findings) {
                        json.beginObject();
                        json.name("topic").value(finding.topic());
                        json.name("status").value(finding.status().name().toLowerCase(Locale.ROOT));
                        json.name("text").value(finding.text());
                        json.name("advice").value(finding.advice());
                        json.endObject();
                    }
                    json.endArray();
                })
                + "\n";
    }
}
