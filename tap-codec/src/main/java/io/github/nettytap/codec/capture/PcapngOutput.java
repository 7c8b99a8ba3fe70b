/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.PcapngWriter;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** The file, or one file after the other, that a capture is written to. For one thread. */
final class PcapngOutput implements Closeable {

    private final CaptureFiles files;
    private final Opener opener;
    private PcapngWriter writer;

    /** Begins a section in a file. */
    interface Opener {
        PcapngWriter open(Path file) throws IOException;
    }

    private PcapngOutput(CaptureFiles files, Opener opener, PcapngWriter first) {
        this.files = files;
        this.opener = opener;
        this.writer = first;
    }

    static PcapngOutput toChannel(WritableByteChannel channel, CaptureSection section) {
        return new PcapngOutput(null, null, new PcapngWriter(channel, section));
    }

    static PcapngOutput toFiles(CaptureFiles files, Opener opener) throws IOException {
        return new PcapngOutput(files, opener, opener.open(files.current()));
    }

    PcapngWriter writer() {
        return writer;
    }

    /** Tells whether a frame of this time belongs into a new file. */
    boolean isRotationDue(long timestampNanos) {
        return files != null && files.isDue(writer.size(), timestampNanos);
    }

    /** Closes the file and opens the next: false if there is none. */
    boolean rotate(long timestampNanos) throws IOException {
        writer.close();
        if (!files.advance(timestampNanos)) {
            return false;
        }
        writer = opener.open(files.current());
        return true;
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
