/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class JsonReaderTest {

    @Test
    void whatIsWrittenIsReadBack() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("te\"xt", "a\\b\n\u0001µ");
        map.put("list", Arrays.asList(1.0, -2.5e9, null, true, false, List.of(), Map.of()));
        map.put("empty", Map.of());
        assertThat(JsonReader.read(Json.write(map))).isEqualTo(map);
    }

    @Test
    void escapesAreResolved() {
        assertThat(JsonReader.read(" \"\\u00b5\\/\\t\\b\" ")).isEqualTo("µ/\t\b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":1     | position=6, found=the end (expected: more text)",
                "[1 2]        | position=3, found='2' (expected: ',')",
                "{a:1}        | position=1, found='a' (expected: '\"')",
                "nothing      | position=0, found='n' (expected: a value)",
                "1 2          | position=2, found='2' (expected: the end)",
                "\"\\u12\"    | position=3, found='1' (expected: four hexadecimal digits)"
            })
    void brokenTextIsRefusedWhereItBreaks(String text, String message) {
        assertThatThrownBy(() -> JsonReader.read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not JSON: " + message);
    }
}
