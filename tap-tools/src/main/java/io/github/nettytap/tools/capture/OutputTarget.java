/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CaptureFormat;
import io.github.nettytap.tools.lifecycle.CommandException;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * What {@code -w} names: a file, a FIFO, a terminal, or standard output under one of its names. Nothing but frames may
 * go to the same stream.
 */
public final class OutputTarget {

    private static final String STANDARD = "-";
    private static final int FAILURE = 1;
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    /** Stands for the terminal of the process, so it is another file than the terminal that it stands for. */
    private static final Path OWN_TERMINAL = Path.of("/dev/tty");

    private final String argument;

    public OutputTarget(String argument) {
        this.argument = argument;
    }

    /** Tells whether frames go to standard output, also under a name such as {@code /dev/stdout}. */
    public boolean isStandardOutput() {
        return argument.equals(STANDARD) || isSame(Path.of(argument), descriptor(STDOUT));
    }

    /** Tells whether standard output is free for a word to the user. */
    public boolean leavesStandardOutput() {
        return !isStandardOutput() && !isTerminalOf(STDOUT);
    }

    /** Tells whether standard error is. */
    public boolean leavesStandardError() {
        return !isTerminalOf(STDERR)
                && !isSame(isStandardOutput() ? descriptor(STDOUT) : Path.of(argument), descriptor(STDERR));
    }

    private boolean isTerminalOf(int number) {
        try {
            return argument.equals(OWN_TERMINAL.toString())
                    && descriptor(number).toRealPath().startsWith("/dev");
        } catch (IOException e) {
            return false;
        }
    }

    /** The format that the name asks for. */
    public CaptureFormat format() {
        return argument.endsWith(".pcap") || argument.endsWith(".cap") ? CaptureFormat.PCAP : CaptureFormat.PCAPNG;
    }

    /** The file, for a capture that opens it by itself. */
    public Path path() {
        return Path.of(argument);
    }

    /**
     * Refuses to write the file that is read, before it is cut.
     *
     * @param source the argument of {@code -r}
     */
    public void checkDiffersFrom(String source) throws CommandException {
        Path input = source.equals(STANDARD) ? descriptor(STDIN) : Path.of(source);
        Path output = isStandardOutput() ? descriptor(STDOUT) : Path.of(argument);
        if (Files.isRegularFile(input) && isSame(input, output)) {
            throw new CommandException(
                    FAILURE,
                    "source and target are the same file: -r " + source + ", -w " + argument
                            + ". Write another file and rename it (`mv`) when it is complete");
        }
    }

    /** Opens it: a file is created, or cut to nothing. */
    public WritableByteChannel open() throws IOException {
        return isStandardOutput()
                ? new FileOutputStream(FileDescriptor.out).getChannel()
                : Files.newByteChannel(
                        path(),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
    }

    private static Path descriptor(int number) {
        return Path.of("/proc/self/fd/" + number);
    }

    /** Compares what the names lead to, through links, also where that is a pipe. */
    private static boolean isSame(Path one, Path other) {
        try {
            Map<String, Object> first = Files.readAttributes(one, "unix:dev,ino");
            return first.equals(Files.readAttributes(other, "unix:dev,ino"));
        } catch (IOException e) {
            return false; // one of them does not exist
        }
    }

    @Override
    public String toString() {
        return argument;
    }
}
