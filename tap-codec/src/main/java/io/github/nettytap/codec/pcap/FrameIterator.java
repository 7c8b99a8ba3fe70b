/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The frames of a reader, one of which it has read ahead. */
final class FrameIterator implements Iterator<CapturedFrame> {

    private final CaptureReader reader;
    private CapturedFrame ahead;

    FrameIterator(CaptureReader reader) {
        this.reader = reader;
    }

    @Override
    public boolean hasNext() {
        if (ahead == null) {
            try {
                ahead = reader.next();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ahead != null;
    }

    @Override
    public CapturedFrame next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        CapturedFrame frame = ahead;
        ahead = null;
        return frame;
    }
}
