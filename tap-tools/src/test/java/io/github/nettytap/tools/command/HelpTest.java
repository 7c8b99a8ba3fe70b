/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

import java.util.List;
import java.util.stream.Stream;

/** The help of every program, as narrow and as wide terminals show it. */
class HelpTest {

    private static final List<Integer> WIDTHS = List.of(80, 120);

    static Stream<Arguments> programsAndWidths() {
        return NettyTap.commandLine().getSubcommands().keySet().stream()
                .flatMap(name -> WIDTHS.stream().map(width -> Arguments.of(name, width)));
    }

    private static List<String> help(String name, int width) {
        CommandLine program = NettyTap.commandLine().getSubcommands().get(name);
        program.setUsageHelpAutoWidth(false);
        program.setUsageHelpWidth(width);
        return program.getUsageMessage().lines().toList();
    }

    @ParameterizedTest
    @MethodSource("programsAndWidths")
    void everyHelpFitsTheTerminalAndListsItsExitCodes(String name, int width) {
        assertThat(help(name, width))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width))
                .anyMatch(line -> line.startsWith("Exit codes:"))
                .contains("Examples:");
    }

    @ParameterizedTest
    @MethodSource("programsAndWidths")
    void examplesCanBeCopiedAtAnyWidth(String name, int width) {
        List<String> lines = help(name, width);
        List<String> examples = lines.subList(lines.indexOf("Examples:"), lines.size());

        // A line that was wrapped goes on at the margin.
        assertThat(examples.stream().filter(line -> line.matches("[a-z0-9\\\\].*")))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("programsAndWidths")
    void examplesAreUnderstood(String name, int width) {
        String text = String.join("\n", help(name, width)).replaceAll("\\\\\n *", "");
        List<String> examples = text.lines()
                .filter(line -> line.startsWith("  netty-tap"))
                .map(line -> line.strip().replaceFirst("^\\S+ ", "").replaceAll("( [|>#] .*|;.*)$", ""))
                .toList();
        assertThat(examples).isNotEmpty();
        for (String example : examples) {
            assertThatCode(() -> NettyTap.commandLine().parseArgs(example.split(" +")))
                    .as(example)
                    .doesNotThrowAnyException();
        }
    }

    @ParameterizedTest
    @MethodSource("programsAndWidths")
    void linesBreakWhereTheTerminalEndsAndNotBefore(String name, int width) {
        List<String> lines = help(name, width);
        int description = 1;
        while (lines.get(description).startsWith(" ")) {
            description++;
        }
        for (int i = description; i + 1 < lines.size() && !lines.get(i + 1).startsWith("  "); i++) {
            String next = lines.get(i + 1).split(" ")[0];
            if (!next.isEmpty() && !lines.get(i).isEmpty()) {
                assertThat(lines.get(i).length() + 1 + next.length())
                        .as("%s | %s", lines.get(i), lines.get(i + 1))
                        .isGreaterThanOrEqualTo(width);
            }
        }
    }
}
