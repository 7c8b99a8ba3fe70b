/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** A window on the bytes of a file that slides on as blocks are taken. */
final class CaptureInput implements Closeable {

    private static final int INITIAL_LENGTH = 64 * 1024;

    private final ReadableByteChannel channel;
    private ByteBuffer window = ByteBuffer.allocate(INITIAL_LENGTH).limit(0);
    private long offset;

    CaptureInput(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /** Where the bytes not yet taken begin in the file. */
    long offset() {
        return offset;
    }

    /** The buffer to read from; only from {@link #position()} on, and only what was requested. */
    ByteBuffer bytes() {
        return window;
    }

    int position() {
        return window.position();
    }

    int available() {
        return window.remaining();
    }

    /** Makes sure that so many bytes can be read at the position: false if the file ends before. */
    boolean request(int length) throws IOException {
        if (window.remaining() >= length) {
            return true;
        }
        if (window.capacity() - window.position() < length) {
            window.compact().flip();
        }
        while (window.remaining() < length) {
            if (window.limit() == window.capacity()) {
                // As far as bytes really come, whatever the file claims: 16 bytes may announce 16 MiB.
                window = ByteBuffer.allocate(2 * window.capacity())
                        .order(window.order())
                        .put(window)
                        .flip();
            }
            if (!fill()) {
                return false;
            }
        }
        return true;
    }

    /** Reads once: false at the end of the file. */
    private boolean fill() throws IOException {
        int position = window.position();
        window.position(window.limit()).limit(window.capacity());
        try {
            return channel.read(window) >= 0;
        } finally {
            window.limit(window.position()).position(position);
        }
    }

    void take(int length) {
        window.position(window.position() + length);
        offset += length;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
