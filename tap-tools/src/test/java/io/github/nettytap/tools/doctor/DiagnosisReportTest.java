/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DiagnosisReportTest {

    @Test
    void textsAreQuotedAsJsonWantsIt() {
        assertThat(DiagnosisReport.quoted("a \"b\" \\ c\n\té")).isEqualTo("\"a \\\"b\\\" \\\\ c\\u000a\\u0009é\"");
    }
}
