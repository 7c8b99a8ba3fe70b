/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CapturedFrame;

import java.io.IOException;
import java.io.PrintWriter;

/** Prints frames. */
public final class FrameOutput {

    /** As much is printed at a time, unless each line is wanted at once. */
    private static final int BATCH_CHARACTERS = 16 << 10;

    private FrameOutput() {}

    /**
     * Prints frames until there are no more, or nobody reads any more, as in {@code | head}.
     *
     * @param frames the frames
     * @param text how to print them
     * @param out where to
     * @param live whether each line is to be seen at once
     * @param named whether each line says interface and direction, also while there is one interface only
     */
    public static void print(FrameSelection frames, FrameText text, PrintWriter out, boolean live, boolean named)
            throws IOException {
        StringBuilder batch = new StringBuilder();
        try {
            boolean several = named;
            CaptureInterface first = null;
            for (CapturedFrame frame = frames.next(); frame != null; frame = frames.next()) {
                // Later ones may be described later: from then on each frame says which it is of.
                first = first == null ? frame.captureInterface() : first;
                several |= frames.reader().interfaces().size() > 1 || frame.captureInterface() != first;
                text.append(batch, frame, several);
                if ((live || batch.length() >= BATCH_CHARACTERS) && !write(batch, out)) {
                    return;
                }
            }
        } finally {
            // What came before damage in the file is printed too.
            write(batch, out);
        }
    }

    /** False if nobody reads any more, which a PrintWriter tells only who asks. */
    private static boolean write(StringBuilder batch, PrintWriter out) {
        out.append(batch);
        batch.setLength(0);
        return !out.checkError();
    }
}
