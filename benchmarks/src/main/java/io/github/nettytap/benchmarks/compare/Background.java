/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that runs beside a measurement, such as the receiver of what another sends. */
public final class Background implements AutoCloseable {

    private static final int START_SECONDS = 10;

    private final List<String> command;
    private final Path out;
    private final Path err;
    private final Process process;

    private Background(List<String> command) throws IOException {
        this.command = command;
        out = Files.createTempFile("compare", ".out");
        err = Files.createTempFile("compare", ".err");
        process = Commands.start(command, out, err);
    }

    /** Starts it and waits until it announces, on either stream, that it listens. */
    public static Background start(List<String> command, String announcement) throws IOException {
        Background background = new Background(command);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!background.output().contains(announcement)) {
            if (!background.process.isAlive() || System.nanoTime() > deadline) {
                String output = background.output().strip();
                background.close();
                throw new IOException(
                        "receiver did not start: command=" + Commands.line(command) + ", output=" + output);
            }
            Commands.pause(20);
        }
        return background;
    }

    /** The process, to see what it uses. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    private String output() throws IOException {
        return Files.readString(out) + Files.readString(err);
    }

    /** Waits until it has ended by itself and returns what it printed on standard output. */
    public String awaitOutput(int seconds) throws IOException {
        if (!Commands.ends(process, seconds)) {
            throw new IOException("receiver does not end: command=" + Commands.line(command));
        }
        return Files.readString(out);
    }

    @Override
    public void close() throws IOException {
        Commands.uninterrupted(() -> Commands.stop(process));
        Files.delete(out);
        Files.delete(err);
    }
}
