/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ClassicBpfTest {

    @Test
    void programIsReadAndPrinted() {
        String text = "2\n40 0 0 12\n6 0 0 4294967295";
        ClassicBpf program = ClassicBpf.parse(text);
        assertThat(program.size()).isEqualTo(2);
        assertThat(program).hasToString(text);
        assertThat(ClassicBpf.parse("2,40 0 0 12,6 0 0 4294967295,")).isEqualTo(program);
    }

    private static void assertRefused(String text, String fault) {
        assertThatThrownBy(() -> ClassicBpf.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a BPF program: " + fault
                        + " (expected: the output of `tcpdump -y EN10MB -ddd EXPRESSION`)");
    }

    @Test
    void otherTextIsRefused() {
        assertRefused("", "it is empty");
        assertRefused("0", "it announces 0 instructions and holds 0");
        assertRefused("2\n6 0 0 1", "it announces 2 instructions and holds 1");
        assertRefused("5000\n6 0 0 1", "5000 is not between 0 and 4096");
        assertRefused("1\n6 0 1", "an instruction has four numbers, unlike \"6 0 1\"");
        assertRefused("1\n6 0 0 x", "\"x\" is not a number");
        assertRefused("1\n6 256 0 0", "256 is not between 0 and 255");
        assertRefused("(000) ret #0", "\"(000) ret #0\" is not a number");
    }
}
