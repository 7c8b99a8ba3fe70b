/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import io.github.nettytap.testkit.Jvm;
import io.github.nettytap.transport.device.NetworkNamespace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A program that runs in a network namespace while a test goes on, with what it prints. Closing it kills it.
 *
 * <p>Its output goes to files, so that it never waits for a reader. For one thread at a time.
 */
public final class HostProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 120;
    private static final long POLL_MILLIS = 20;

    private final Process process;
    private final Path output;
    private final Path errors;

    private HostProcess(Process process, Path output, Path errors) {
        this.process = process;
        this.output = output;
        this.errors = errors;
    }

    /**
     * Starts a program.
     *
     * @param namespace where it runs
     * @param command the program and its arguments
     * @return the program, to be closed by the caller
     * @throws Exception if it cannot be started
     */
    public static HostProcess start(NetworkNamespace namespace, List<String> command) throws Exception {
        Path output = Files.createTempFile("program", ".out");
        Path errors = Files.createTempFile("program", ".err");
        try {
            Process process = namespace.call(() -> new ProcessBuilder(command)
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile())
                    .start());
            return new HostProcess(process, output, errors);
        } catch (Exception e) {
            Files.delete(output);
            Files.delete(errors);
            throw e;
        }
    }

    /**
     * Starts a class of the class path in a JVM of its own, with the options of a test's JVM that matter there.
     *
     * @param namespace where it runs
     * @param main the class
     * @param arguments of its main method
     * @return the program, to be closed by the caller
     * @throws Exception if it cannot be started
     */
    public static HostProcess startJava(NetworkNamespace namespace, Class<?> main, String... arguments)
            throws Exception {
        return start(namespace, java(main, List.of(arguments)));
    }

    /**
     * The command line of a class of the class path.
     *
     * @param main the class
     * @param arguments of its main method
     * @return the words, to be run as they are or by another program, such as setpriv
     */
    public static List<String> java(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                // Netty would derive it from network interfaces, and a network namespace may have none.
                "-Dio.netty.machineId=02:00:00:ff:fe:00:00:01",
                main.getName()));
        command.addAll(arguments);
        return Jvm.command(command);
    }

    /**
     * Waits for a line on standard output or standard error.
     *
     * @param line the whole line
     * @return this
     * @throws IOException if the program ends before, or two minutes have passed; the message has what it printed
     * @throws InterruptedException if the thread is interrupted
     */
    public HostProcess awaitLine(String line) throws IOException, InterruptedException {
        return awaitLine(line::equals, "line=" + line);
    }

    /**
     * Waits for a line on standard output or standard error that contains a text.
     *
     * @param text the text
     * @return this
     * @throws IOException if the program ends before, or two minutes have passed; the message has what it printed
     * @throws InterruptedException if the thread is interrupted
     */
    public HostProcess awaitText(String text) throws IOException, InterruptedException {
        return awaitLine(line -> line.contains(text), "text=" + text);
    }

    private HostProcess awaitLine(Predicate<String> wanted, String description)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            boolean alive = process.isAlive();
            if (output().lines().anyMatch(wanted) || errors().lines().anyMatch(wanted)) {
                return this;
            }
            if (!alive || System.nanoTime() - deadline > 0) {
                throw new IOException("the program did not print it: " + description + ", alive=" + alive + ", output="
                        + output() + ", errors=" + errors());
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /**
     * Sends SIGTERM.
     *
     * @return this
     */
    public HostProcess terminate() {
        process.destroy();
        return this;
    }

    /**
     * Sends a signal.
     *
     * @param name its name without SIG, such as HUP
     * @return this
     * @throws IOException if it cannot be sent
     * @throws InterruptedException if the thread is interrupted
     */
    public HostProcess signal(String name) throws IOException, InterruptedException {
        if (new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor()
                != 0) {
            throw new IOException("cannot send: signal=" + name + ", process=" + process.pid());
        }
        return this;
    }

    /**
     * Sends SIGKILL.
     *
     * @return this
     */
    public HostProcess kill() {
        process.destroyForcibly();
        return this;
    }

    /**
     * Waits for the end of the program.
     *
     * @return its exit code
     * @throws IOException if two minutes have passed; the message has what it printed
     * @throws InterruptedException if the thread is interrupted
     */
    public int await() throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the program does not end: output=" + output() + ", errors=" + errors());
        }
        return process.exitValue();
    }

    /**
     * The number of the process.
     *
     * @return the number
     */
    public long pid() {
        return process.pid();
    }

    /**
     * Whether it runs.
     *
     * @return false once it has ended
     */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * What it has printed to standard output so far.
     *
     * @return the text
     * @throws IOException if the file cannot be read
     */
    public String output() throws IOException {
        return Files.readString(output);
    }

    /**
     * What it has printed to standard error so far.
     *
     * @return the text
     * @throws IOException if the file cannot be read
     */
    public String errors() throws IOException {
        return Files.readString(errors);
    }

    /** Kills the program, if it still runs, and deletes the files. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        Files.deleteIfExists(output);
        Files.deleteIfExists(errors);
    }
}
