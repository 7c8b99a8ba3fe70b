/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A file in memory. */
public final class MemoryChannel implements WritableByteChannel {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean closed;

    @Override
    public synchronized int write(ByteBuffer source) {
        byte[] taken = new byte[source.remaining()];
        source.get(taken);
        bytes.writeBytes(taken);
        return taken.length;
    }

    @Override
    public synchronized boolean isOpen() {
        return !closed;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    public synchronized byte[] toBytes() {
        return bytes.toByteArray();
    }
}
