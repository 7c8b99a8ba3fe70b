/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MessageTest {

    @Test
    void shortMessageStays() {
        assertThat(Message.of("no such port: port=tap9 (expected: tap0…)"))
                .isEqualTo("no such port: port=tap9 (expected: tap0…)");
    }

    @Test
    void middleOfALongMessageIsLeftOut() {
        String message = Message.of("key: value=" + "x".repeat(10_000_000) + " (expected: 1 to 9)");
        assertThat(message)
                .startsWith("key: value=xxx")
                .endsWith("xxx (expected: 1 to 9)")
                .contains(" … (9999130 characters) … ");
        assertThat(message.length()).isLessThan(1000);
    }

    @Test
    void linesBecomeOneAndControlCharactersHarmless() {
        assertThat(Message.of("one\n  two \r\n three\u001b[31m\u0000")).isEqualTo("one two three?[31m?");
    }
}
