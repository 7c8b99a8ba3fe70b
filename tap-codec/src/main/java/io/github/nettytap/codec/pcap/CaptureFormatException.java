/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.io.IOException;

/** Tells that a capture file is damaged, or is something else, and where that was noticed. */
public final class CaptureFormatException extends IOException {

    private static final long serialVersionUID = 1;

    private final long offset;
    private final String unpackCommand;

    CaptureFormatException(String what, long offset, String found, String expected) {
        this(what + ": offset=" + offset + ", " + found + " (expected: " + expected + ")", offset, null);
    }

    CaptureFormatException(Compression compression) {
        this(
                "the file is compressed: format=" + compression.label() + ". Unpack it and read what comes out (`"
                        + compression.command() + " FILE`)",
                0,
                compression.command());
    }

    private CaptureFormatException(String message, long offset, String unpackCommand) {
        super(message);
        this.offset = offset;
        this.unpackCommand = unpackCommand;
    }

    /** The same, naming the file. */
    CaptureFormatException in(String file) {
        String message = unpackCommand == null
                ? getMessage() + ", file=" + file
                : getMessage().replace(" FILE`", " " + file + "`").replace(": format=", ": file=" + file + ", format=");
        CaptureFormatException named = new CaptureFormatException(message, offset, unpackCommand);
        named.setStackTrace(getStackTrace());
        return named;
    }

    /**
     * Where in the file the damage was noticed.
     *
     * @return the offset of the block, in bytes from the start of the file
     */
    public long offset() {
        return offset;
    }

    /**
     * The program that unpacks the file to its standard output, where the file is a compressed one.
     *
     * @return a command such as {@code zcat}, null if the file is not known to be compressed
     */
    public String unpackCommand() {
        return unpackCommand;
    }
}
