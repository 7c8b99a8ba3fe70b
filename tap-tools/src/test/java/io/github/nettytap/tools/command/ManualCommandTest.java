/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import java.util.Map;

class ManualCommandTest {

    private final CommandLine program = NettyTap.commandLine();
    private final Map<String, String> pages = ManualCommand.pages(program);

    @Test
    void everyCommandHasAPageWithEveryOption() {
        program.getSubcommands().forEach((name, command) -> {
            if (command.getCommandSpec().usageMessage().hidden()) {
                assertThat(pages).doesNotContainKey("netty-tap-" + name);
                return;
            }
            String page = pages.get("netty-tap-" + name);
            assertThat(page).startsWith(".TH NETTY-TAP-").contains("\n.SH NAME\nnetty-tap-" + name + " \\- ");
            command.getCommandSpec().options().stream()
                    .filter(option -> !option.hidden())
                    .forEach(option -> assertThat(page)
                            .contains("\\fB" + option.longestName().replace("-", "\\-") + "\\fR"));
        });
        assertThat(pages.get("netty-tap")).contains(".SH COMMANDS", "\\fBswitch\\fR", ".SH EXIT STATUS");
    }

    @Test
    void nothingIsLeftOfPicoclisMarkupAndNoTextIsARequest() {
        pages.values().forEach(page -> {
            assertThat(page).doesNotContain("@|", "|@", "${", "%n");
            assertThat(page.lines().filter(line -> line.startsWith(".") || line.startsWith("'")))
                    .allMatch(line -> line.matches("\\.(TH|SH|TP|nf|fi)( .*)?"));
        });
    }
}
