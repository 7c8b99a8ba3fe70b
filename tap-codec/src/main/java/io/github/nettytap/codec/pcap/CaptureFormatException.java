/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.io.IOException;

/** A capture file is damaged: the message says where, what stands there, and what should. */
public final class CaptureFormatException extends IOException {

    private static final long serialVersionUID = 1;

    private final long offset;

    CaptureFormatException(String what, long offset, String found, String expected) {
        super(what + ": offset=" + offset + ", " + found + " (expected: " + expected + ")");
        this.offset = offset;
    }

    /**
     * Where in the file the damage was noticed.
     *
     * @return the offset of the block, in bytes from the start of the file
     */
    public long offset() {
        return offset;
    }
}
