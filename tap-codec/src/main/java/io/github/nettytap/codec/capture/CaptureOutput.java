/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.pcap.CaptureFormat;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.CaptureWriter;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The file, or one file after the other, that a capture is written to. For one thread. */
final class CaptureOutput implements Closeable {

    private final CaptureFiles files;
    private final Opener opener;
    private final Consumer<Path> completed;
    private final CaptureWriter writer;
    private Path current;

    /** Creates a file. */
    interface Opener {
        WritableByteChannel open(Path file) throws IOException;
    }

    private CaptureOutput(
            CaptureFiles files, Opener opener, Consumer<Path> completed, Path current, CaptureWriter writer) {
        this.files = files;
        this.opener = opener;
        this.completed = completed;
        this.current = current;
        this.writer = writer;
    }

    static CaptureOutput toChannel(WritableByteChannel channel, CaptureFormat format, CaptureSection section) {
        return new CaptureOutput(null, null, file -> {}, null, format.newWriter(channel, section));
    }

    static CaptureOutput toFiles(
            CaptureFiles files, Opener opener, Consumer<Path> completed, CaptureFormat format, CaptureSection section)
            throws IOException {
        Path first = files.current();
        WritableByteChannel channel = opener.open(first);
        return new CaptureOutput(files, opener, completed, first, format.newWriter(channel, section));
    }

    CaptureWriter writer() {
        return writer;
    }

    /** Tells whether a frame of this time belongs into a new file. */
    boolean isRotationDue(long timestampNanos) {
        return files != null && files.isDue(writer.size(), timestampNanos);
    }

    /** Goes on in the next file: false, and everything closed, if there is none. */
    boolean rotate(long timestampNanos) throws IOException {
        if (!files.advance(timestampNanos)) {
            close();
            return false;
        }
        // What is left of the old file must be in it before its name may be taken by the new one.
        writer.flush();
        Path next = files.current();
        writer.moveTo(opener.open(next));
        complete(next);
        return true;
    }

    private void complete(Path next) {
        Path done = current;
        current = next;
        if (done != null) {
            completed.accept(done);
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
        complete(null);
    }
}
