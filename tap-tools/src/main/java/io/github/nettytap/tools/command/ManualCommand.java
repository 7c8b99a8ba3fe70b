/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code manual}: writes the manual pages that a package installs, one a command, from what {@code --help} shows.
 *
 * <p>In roff with the macros of man(7), since picocli's own generator writes AsciiDoc, which takes a Ruby to render.
 */
@Command(
        name = "manual",
        hidden = true,
        description = "Writes the manual pages netty-tap.1, netty-tap-switch.1 and so on into a directory.",
        mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  netty-tap manual man/man1"})
final class ManualCommand implements Runnable {

    @Parameters(paramLabel = "DIRECTORY", description = "Where they go; made if it is not there.")
    private Path directory;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        try {
            Files.createDirectories(directory);
            for (Map.Entry<String, String> page :
                    pages(spec.root().commandLine()).entrySet()) {
                Files.writeString(directory.resolve(page.getKey() + ".1"), page.getValue());
            }
        } catch (IOException e) {
            throw new CommandLine.ExecutionException(spec.commandLine(), "cannot write manual pages: " + e, e);
        }
    }

    /** The pages by their names, without the number of the section. */
    static Map<String, String> pages(CommandLine program) {
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("netty-tap", page("netty-tap", program));
        program.getSubcommands().forEach((name, command) -> {
            if (!command.getCommandSpec().usageMessage().hidden()) {
                pages.put("netty-tap-" + name, page("netty-tap-" + name, command));
            }
        });
        return pages;
    }

    private static String page(String name, CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        UsageMessageSpec usage = spec.usageMessage();
        String description = joined(usage.description());
        StringBuilder page = new StringBuilder();
        page.append(".TH ").append(name.toUpperCase(Locale.ROOT)).append(" 1 \"\" netty-tap\n");
        page.append(".SH NAME\n")
                .append(name)
                .append(" \\- ")
                .append(text(firstSentence(description)))
                .append('\n');
        page.append(".SH SYNOPSIS\n.nf\n")
                .append(text(command.getHelp().synopsis(0).strip()))
                .append("\n.fi\n");
        page.append(".SH DESCRIPTION\n").append(text(description)).append('\n');
        if (!spec.positionalParameters().isEmpty()) {
            page.append(".SH ARGUMENTS\n");
            for (PositionalParamSpec argument : spec.positionalParameters()) {
                item(page, "\\fI" + text(argument.paramLabel()) + "\\fR", argument);
            }
        }
        page.append(".SH OPTIONS\n");
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                item(page, heading(option), option);
            }
        }
        commands(page, name, command);
        page.append(".SH EXIT STATUS\n");
        usage.exitCodeList().forEach((code, meaning) -> page.append(".TP\n")
                .append(code.strip())
                .append('\n')
                .append(text(plain(meaning)))
                .append('\n'));
        examples(page, usage.footer());
        return page.append(".SH SEE ALSO\nhttps://github.com/nettytap/netty-tap\n")
                .toString();
    }

    private static String heading(OptionSpec option) {
        String names = Arrays.stream(option.names())
                .map(name -> "\\fB" + text(name) + "\\fR")
                .collect(Collectors.joining(", "));
        return option.arity().max() == 0 ? names : names + "=\\fI" + text(option.paramLabel()) + "\\fR";
    }

    private static void item(StringBuilder page, String heading, ArgSpec argument) {
        page.append(".TP\n").append(heading).append('\n');
        page.append(text(joined(argument.description()))).append('\n');
    }

    private static void commands(StringBuilder page, String name, CommandLine command) {
        if (command.getSubcommands().isEmpty()) {
            return;
        }
        page.append(".SH COMMANDS\n");
        command.getSubcommands().forEach((subcommand, line) -> {
            UsageMessageSpec usage = line.getCommandSpec().usageMessage();
            if (!usage.hidden()) {
                page.append(".TP\n\\fB").append(text(subcommand)).append("\\fR\n");
                page.append(text(joined(usage.description()))).append('\n');
            }
        });
    }

    /** The footer is examples under a line that says so. */
    private static void examples(StringBuilder page, String... footer) {
        if (footer.length > 0) {
            page.append(".SH EXAMPLES\n.nf\n");
            Arrays.stream(footer)
                    .map(ManualCommand::plain)
                    .filter(line -> !line.isBlank() && !line.strip().equals("Examples:"))
                    .forEach(line -> page.append(text(line)).append('\n'));
            page.append(".fi\n");
        }
    }

    private static String firstSentence(String description) {
        int end = description.indexOf(". ");
        String first = end < 0 ? description : description.substring(0, end);
        return first.replace('\n', ' ').replaceAll("\\.$", "");
    }

    private static String joined(String... lines) {
        return Arrays.stream(lines).map(ManualCommand::plain).collect(Collectors.joining("\n"));
    }

    /** Without picocli's markup and with its line breaks. */
    private static String plain(String markup) {
        return Help.Ansi.OFF.string(markup.replace("%n", "\n").replace("%%", "%"));
    }

    /** So that roff takes nothing for a request: hyphens are minus signs, and no line starts with a dot or a quote. */
    private static String text(String plain) {
        // A terminal without UTF-8 has no ellipsis, and troff warns of it.
        return plain.replace("…", "...")
                .replace("\\", "\\e")
                .replace("-", "\\-")
                .lines()
                .map(line -> line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line)
                .collect(Collectors.joining("\n"));
    }
}
