/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import picocli.CommandLine.ExitCode;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;

/**
 * Standard output that remembers why it could not be written, such as a full disk or a reader that has gone.
 *
 * <p>What the terminal's character set does not have, such as an arrow under {@code LC_ALL=C}, is written in ASCII.
 *
 * <p>{@code PrintWriter} tells by {@link #checkError} that something failed, and not what.
 */
public final class StandardOutput extends PrintWriter {

    private final Sink sink;

    private StandardOutput(Sink sink, Charset charset) {
        super(new PlainWriter(sink, charset));
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

    /** Writes the few characters of our own texts that a character set may lack in ASCII, in as many columns if it can. */
    static final class PlainWriter extends OutputStreamWriter {

        private final CharsetEncoder encoder;

        PlainWriter(OutputStream sink, Charset charset) {
            super(sink, charset);
            encoder = charset.newEncoder();
        }

        @Override
        public void write(int character) throws IOException {
            write(String.valueOf((char) character));
        }

        @Override
        public void write(char[] text, int offset, int length) throws IOException {
            write(new String(text, offset, length));
        }

        @Override
        public void write(String text, int offset, int length) throws IOException {
            String part = text.substring(offset, offset + length);
            String written = encoder.canEncode(part) ? part : plain(part);
            super.write(written, 0, written.length());
        }

        private static String plain(String text) {
            return text.replace("…", "...")
                    .replace('µ', 'u')
                    .replace('─', '-')
                    .replace('►', '>')
                    .replace('→', '>')
                    .replace('⇄', '=');
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
