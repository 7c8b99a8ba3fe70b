/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;
import java.util.TreeMap;

class JsonTest {

    /** Each character that RFC 8259, section 7, does not allow in a string, and those beside them. */
    @Test
    void everyCharacterIsEscapedThatHasToBe() {
        for (char c = 0; c < 0x100; c++) {
            String text = "a" + c + "b";
            String json = Json.object(members -> members.name(text).value(text));
            String escaped = json.substring(2, 2 + (json.length() - "{'':''}".length()) / 2);
            assertThat(json).isEqualTo("{\"" + escaped + "\":\"" + escaped + "\"}");
            if (c == '"' || c == '\\') {
                assertThat(escaped).isEqualTo("a\\" + c + "b");
            } else if (c < ' ') {
                assertThat(escaped).matches("a\\\\([bfnrt]|u00[01][0-9a-f])b");
            } else {
                assertThat(escaped).isEqualTo(text);
            }
            assertThat(Json.parse(json).get(text).getAsString()).isEqualTo(text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00e9", "\u20ac", "\ud83d\udd0c", "\u2028", "\uffff"})
    void whatIsNotAsciiComesBackAsItWas(String text) {
        assertThat(Json.parse(Json.object(json -> json.name("x").value(text)))
                        .get("x")
                        .getAsString())
                .isEqualTo(text);
    }

    @Test
    void objectsStandOnOneLineOrOnSeveral() {
        Json.Body members = json -> json.name("a").value(1).name("b").nullValue();
        assertThat(Json.object(members)).isEqualTo("{\"a\":1,\"b\":null}");
        assertThat(Json.indentedObject(members)).isEqualTo("{\n  \"a\": 1,\n  \"b\": null\n}");
    }

    @Test
    void numbersAreAnObjectIfThereAreAny() {
        assertThat(Json.object(json -> Json.numbers(json, "none", Map.of()))).isEqualTo("{}");
        assertThat(Json.object(json -> Json.numbers(json, "some", new TreeMap<>(Map.of("a", 1L, "b", Long.MAX_VALUE)))))
                .isEqualTo("{\"some\":{\"a\":1,\"b\":9223372036854775807}}");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.000", "499999, 0.000", "500000, 0.001", "1000000000, 1.000", "86400123456789, 86400.123"})
    void secondsHaveThreeDecimals(long nanos, String text) {
        assertThat(Json.object(json -> json.name("s").value(Json.seconds(nanos))))
                .isEqualTo("{\"s\":" + text + "}");
    }
}
