/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.transport.device.NetworkNamespace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One of the programs as a process of its own, in a network namespace, as users run it. */
final class RunningProgram implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path output;
    private final Path errors;

    private RunningProgram(Process process, Path output, Path errors) {
        this.process = process;
        this.output = output;
        this.errors = errors;
    }

    /** Starts the program. */
    static RunningProgram start(NetworkNamespace namespace, List<String> arguments) throws Exception {
        return startUnder(namespace, List.of(), arguments);
    }

    /** Starts the program by way of another, such as setpriv. */
    static RunningProgram startUnder(NetworkNamespace namespace, List<String> wrapper, List<String> arguments)
            throws Exception {
        Path output = Files.createTempFile("program", ".out");
        Path errors = Files.createTempFile("program", ".err");
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dio.netty.machineId=02:00:00:ff:fe:00:00:01",
                NettyTap.class.getName()));
        command.addAll(arguments);
        Process process = namespace.call(() -> new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start());
        return new RunningProgram(process, output, errors);
    }

    /** Waits until it says that it is ready. */
    RunningProgram awaitReady() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!output().lines().anyMatch("ready"::equals) && !errors().contains("ready")) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("not ready: output=" + output() + ", errors=" + errors());
            }
            Thread.sleep(20);
        }
        return this;
    }

    /** SIGTERM. */
    RunningProgram terminate() {
        process.destroy();
        return this;
    }

    /** SIGKILL. */
    RunningProgram kill() {
        process.destroyForcibly();
        return this;
    }

    /** Waits for its end: the exit code. */
    int await() throws Exception {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("does not end: output=" + output() + ", errors=" + errors());
        }
        return process.exitValue();
    }

    String output() throws IOException {
        return Files.readString(output);
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        Files.delete(output);
        Files.delete(errors);
    }

    /** Runs a tool to its end. */
    static String run(NetworkNamespace namespace, String... command) throws Exception {
        Process process = namespace.call(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("command failed: command=" + String.join(" ", command) + ", output=" + text);
        }
        return text;
    }
}
