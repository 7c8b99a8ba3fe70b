/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.Map;

class TerminalTest {

    @Test
    void terminalsAreTerminalsAndFilesAndPipesAreNot() {
        assertThat(Terminal.isTerminal("/dev/pts/3", Map.of("TERM", "xterm"))).isTrue();
        assertThat(Terminal.isTerminal("/dev/tty1", Map.of())).isTrue();
        assertThat(Terminal.isTerminal("/dev/console", Map.of())).isTrue();
        assertThat(Terminal.isTerminal("pipe:[12345]", Map.of())).isFalse();
        assertThat(Terminal.isTerminal("/tmp/switch.out", Map.of())).isFalse();
        assertThat(Terminal.isTerminal("/dev/null", Map.of())).isFalse();
    }

    @Test
    void dumbTerminalIsTreatedAsAFile() {
        assertThat(Terminal.isTerminal("/dev/pts/3", Map.of("TERM", "dumb"))).isFalse();
    }

    @Test
    void noColorCountsUnlessItIsEmpty() {
        assertThat(Terminal.wantsColours(Map.of())).isTrue();
        assertThat(Terminal.wantsColours(Map.of("NO_COLOR", ""))).isTrue();
        assertThat(Terminal.wantsColours(Map.of("NO_COLOR", "1"))).isFalse();
    }
}
