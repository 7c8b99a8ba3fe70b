/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another program, run to its end or for so long, whatever it writes meanwhile. */
final class BoundedCommand {

    private static final int MAX_OUTPUT = 1 << 20;
    private static final int CHUNK = 8192;
    private static final long AFTERMATH_MILLIS = 1000;

    private final boolean isInTime;
    private final int exitCode;
    private final String output;
    private final String errors;

    private BoundedCommand(boolean isInTime, int exitCode, String output, String errors) {
        this.isInTime = isInTime;
        this.exitCode = exitCode;
        this.output = output;
        this.errors = errors;
    }

    /**
     * Runs a program. One that does not end in time is killed.
     *
     * @param seconds how long it may take
     * @param command program and arguments
     * @throws IOException if there is no such program
     */
    static BoundedCommand run(long seconds, List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).start();
        try {
            process.getOutputStream().close();
            // Both at once: a program that fills one pipe waits for its reader, and never fills the other.
            Drain output = new Drain(process.getInputStream());
            Drain errors = new Drain(process.getErrorStream());
            boolean isInTime = process.waitFor(seconds, TimeUnit.SECONDS);
            if (!isInTime) {
                process.destroyForcibly().waitFor(seconds, TimeUnit.SECONDS);
            }
            return new BoundedCommand(isInTime, isInTime ? process.exitValue() : -1, output.text(), errors.text());
        } finally {
            process.destroyForcibly();
        }
    }

    /** Reads a pipe to its end and keeps the beginning. */
    private static final class Drain implements Runnable {
        private final InputStream pipe;
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private final Thread thread = new Thread(this, "command-output");

        private Drain(InputStream pipe) {
            this.pipe = pipe;
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void run() {
            byte[] chunk = new byte[CHUNK];
            try (pipe) {
                for (int length = pipe.read(chunk); length >= 0; length = pipe.read(chunk)) {
                    synchronized (kept) {
                        kept.write(chunk, 0, Math.min(length, MAX_OUTPUT - kept.size()));
                    }
                }
            } catch (IOException e) {
                // Closed because the program was killed.
            }
        }

        /** What came. A child of the program may hold the pipe open, which is not waited for. */
        private String text() throws InterruptedException {
            thread.join(AFTERMATH_MILLIS);
            synchronized (kept) {
                return kept.toString(StandardCharsets.UTF_8);
            }
        }
    }

    boolean isInTime() {
        return isInTime;
    }

    int exitCode() {
        return exitCode;
    }

    String output() {
        return output;
    }

    String errors() {
        return errors;
    }
}
