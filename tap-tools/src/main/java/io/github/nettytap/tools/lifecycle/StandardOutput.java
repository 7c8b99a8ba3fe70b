/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import picocli.CommandLine.ExitCode;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/**
 * Standard output that remembers why it could not be written, such as a full disk or a reader that has gone.
 *
 * <p>{@code PrintWriter} tells by {@link #checkError} that something failed, and not what.
 */
public final class StandardOutput extends PrintWriter {

    private final Sink sink;

    private StandardOutput(Sink sink, Charset charset) {
        super(new OutputStreamWriter(sink, charset));
        this.sink = sink;
    }

    /** Standard output of this process, in the character set of the terminal. */
    public static StandardOutput open() {
        // From JDK 18 on the default is UTF-8 whatever the terminal has.
        String terminal = System.getProperty("stdout.encoding");
        return new StandardOutput(new Sink(), terminal == null ? Charset.defaultCharset() : Charset.forName(terminal));
    }

    /**
     * Checks that all that was printed could be written.
     *
     * @throws CommandException if not, with the reason
     */
    public static void check(PrintWriter out) throws CommandException {
        if (out.checkError()) {
            IOException failure = out instanceof StandardOutput ? ((StandardOutput) out).sink.failure : null;
            throw new CommandException(
                    ExitCode.SOFTWARE,
                    "cannot write to standard output"
                            + (failure == null || failure.getMessage() == null ? "" : ": " + failure.getMessage()));
        }
    }

    private static final class Sink extends FileOutputStream {

        private volatile IOException failure;

        Sink() {
            super(FileDescriptor.out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                super.write(bytes, offset, length);
            } catch (IOException e) {
                failure = failure == null ? e : failure;
                throw e;
            }
        }
    }
}
