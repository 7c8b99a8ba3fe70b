/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines for tests that start a JVM of their own. */
public final class Jvm {

    private Jvm() {}

    /**
     * The JVM of this process, with options that keep its warnings about native libraries and Unsafe (JDK 24 and newer)
     * off standard error, which tests read.
     *
     * @param arguments further options, the main class and its arguments
     * @return a command that a {@link ProcessBuilder} takes
     */
    public static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // Older JVMs do not know the last of these.
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(arguments);
        return command;
    }
}
