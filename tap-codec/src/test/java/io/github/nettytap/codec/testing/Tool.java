/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.testing;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program that users have: skipped where it is not installed, except in CI, where that is a failure. */
public final class Tool {

    private Tool() {}

    /** What the program printed, standard error included; fails if it complains by its exit code. */
    public static String run(String program, Object... arguments) throws IOException, InterruptedException {
        return run(true, program, arguments);
    }

    /** What the program printed, standard error included, whatever its exit code. */
    public static String runAnyway(String program, Object... arguments) throws IOException, InterruptedException {
        return run(false, program, arguments);
    }

    private static String run(boolean strict, String program, Object... arguments)
            throws IOException, InterruptedException {
        require(program);
        List<String> command = new ArrayList<>(List.of(program));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path output = Files.createTempFile("tool", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("timed out: " + command);
            }
            String text = Files.readString(output, StandardCharsets.UTF_8);
            if (strict && process.exitValue() != 0) {
                throw new AssertionError(command + " exited with " + process.exitValue() + ":\n" + text);
            }
            return text;
        } finally {
            Files.delete(output);
        }
    }

    private static void require(String program) {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return;
            }
        }
        if (Boolean.parseBoolean(System.getenv("CI"))) {
            throw new AssertionError("not installed: " + program);
        }
        Assumptions.abort("not installed: " + program);
    }
}
