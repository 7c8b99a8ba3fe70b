/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs other programs, with a deadline for each and an error that says what was run. */
public final class Commands {

    private static final Path DISCARD = Path.of("/dev/null");

    private Commands() {}

    /** Runs a command to its end and returns what it printed. */
    public static String run(int seconds, List<String> command) throws IOException {
        Path out = Files.createTempFile("compare", ".out");
        Path err = Files.createTempFile("compare", ".err");
        Process process = start(command, out, err);
        try {
            if (!ends(process, seconds)) {
                throw new IOException("command takes too long: command=" + line(command) + ", seconds=" + seconds);
            }
            if (process.exitValue() != 0) {
                throw new IOException("command failed: command=" + line(command) + ", exit=" + process.exitValue()
                        + ", output=" + Files.readString(out).strip() + " "
                        + Files.readString(err).strip());
            }
            return Files.readString(out);
        } finally {
            if (process.isAlive()) {
                uninterrupted(() -> stop(process));
            }
            Files.delete(out);
            Files.delete(err);
        }
    }

    public static String run(int seconds, String... command) throws IOException {
        return run(seconds, List.of(command));
    }

    /** Starts a command that goes on in the background. */
    static Process start(List<String> command, Path out, Path err) throws IOException {
        return new ProcessBuilder(command)
                .redirectInput(DISCARD.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }

    /** Ends a process as Ctrl-C would, then, if it does not listen, as kill -9 does; its children too. */
    static void stop(Process process) throws IOException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        if (!ends(process, 10)) {
            process.destroyForcibly();
            ends(process, 10);
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }

    /** Cleaning up, which takes place although this thread was told to stop; it is told again after that. */
    interface CleaningUp {
        void run() throws IOException;
    }

    static void uninterrupted(CleaningUp cleaningUp) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            cleaningUp.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for the end of a process; false if it does not come. */
    static boolean ends(Process process, int seconds) throws IOException {
        try {
            return process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a process: pid=" + process.pid());
        }
    }

    /** Waits before looking again. */
    public static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting");
        }
    }

    /** Tells whether a program is on the PATH or where Debian puts programs of the administrator. */
    static boolean exists(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
        for (String directory : path.split(":")) {
            if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    static String line(List<String> command) {
        return String.join(" ", command);
    }
}
