/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import io.github.nettytap.benchmarks.results.GrowthFile;
import io.github.nettytap.benchmarks.results.ResultFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code benchmarks/report}: a page with charts from a result file. */
@Command(
        name = "benchmarks/report",
        description = {
            "Makes a Markdown page with tables and SVG charts from a file of benchmarks/compare or benchmarks/growth.",
            "Prints the names of the files that it has written."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {"", "Example:", "  benchmarks/report benchmarks/results/today.json"})
public final class Report implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The result file; the page gets its name.")
    private Path file;

    @Option(names = "--into", paramLabel = "DIRECTORY", description = "Where to (default: benchmarks/results).")
    private Path into = Path.of(System.getProperty("nettytap.top", "."), "benchmarks", "results");

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine(new Report()).execute(arguments));
    }

    private Map<String, String> comparison(String name) throws IOException {
        return new Page(name, ResultFile.read(file)).files();
    }

    static CommandLine commandLine(Object command) {
        CommandLine commandLine = new CommandLine(command);
        commandLine.setExecutionExceptionHandler((exception, failed, parsed) -> {
            failed.getErr().println(failed.getCommandName() + ": " + exception.getMessage());
            return CommandLine.ExitCode.USAGE;
        });
        return commandLine;
    }

    @Override
    public Integer call() throws Exception {
        String name = file.getFileName().toString().replaceFirst("\\.json$", "");
        Map<String, String> files =
                GrowthFile.isOne(file) ? new GrowthPage(name, GrowthFile.read(file)).files() : comparison(name);
        Files.createDirectories(into);
        for (Map.Entry<String, String> made : files.entrySet()) {
            Path path = into.resolve(made.getKey()).normalize();
            Files.writeString(path, made.getValue());
            System.out.println(path);
        }
        return CommandLine.ExitCode.OK;
    }
}
