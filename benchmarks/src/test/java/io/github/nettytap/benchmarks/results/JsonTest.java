/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class JsonTest {

    @Test
    void whatIsWrittenIsReadBack() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("te\"xt", "a\\b\n\u0001µ<'\ud83d\udd0c");
        map.put("list", Arrays.asList(1.0, -2.5e9, 1e-9, null, true, false, List.of(), Map.of()));
        map.put("empty", Map.of());
        assertThat(Json.read(Json.write(map))).isEqualTo(map);
    }

    @Test
    void aMemberStandsOnALine() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("text", "<a> 'b'");
        map.put("list", List.of(1, 2.5, 1.0 / 3, 123456789.0));
        map.put("none", Double.NaN);
        map.put("unlimited", Double.POSITIVE_INFINITY);
        map.put("empty", Map.of());
        assertThat(Json.write(map)).isEqualTo("""
                        {
                          "text": "<a> 'b'",
                          "list": [
                            1,
                            2.5,
                            0.333333,
                            1.23457E+8
                          ],
                          "none": null,
                          "unlimited": null,
                          "empty": {}
                        }
                        """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1", "{\"a\":[1 2]}", "{a:1}", "nothing", "{} 2", "{\"a\":\"\\u12\"}"})
    void brokenTextIsRefused(String text) {
        assertThatThrownBy(() -> Json.read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not JSON: ");
    }
}
