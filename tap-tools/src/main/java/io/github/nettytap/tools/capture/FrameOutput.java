/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.pcap.VirtioNetNote;
import io.github.nettytap.codec.print.FramePrinter;
import io.netty.buffer.ByteBuf;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;

/** What becomes of selected frames: lines of text, or another file. */
public final class FrameOutput {

    private FrameOutput() {}

    /**
     * Prints each frame as one line.
     *
     * @param frames the frames
     * @param printer how to describe them
     * @param out where to; it may go away, as in {@code | head}
     * @param live whether each line is to be seen at once
     * @return how many were printed
     */
    public static long print(FrameSelection frames, FramePrinter printer, PrintWriter out, boolean live)
            throws IOException {
        StringBuilder line = new StringBuilder();
        long printed = 0;
        for (CapturedFrame frame = frames.next(); frame != null; frame = frames.next()) {
            line.setLength(0);
            ByteBuf data = frame.data();
            FramePrinter.appendTime(line, frame.timestampNanos(), ZoneId.systemDefault());
            printer.print(line.append(' '), data, data.readerIndex(), data.readableBytes(), frame.originalLength());
            out.println(line);
            printed++;
            // Asking for errors flushes.
            if (live && out.checkError()) {
                break;
            }
        }
        out.flush();
        return printed;
    }

    /**
     * Writes each frame to a file.
     *
     * @param frames the frames
     * @param writer the file
     * @param snapLength how much to keep of each
     * @return how many were written
     */
    public static long write(FrameSelection frames, PcapngWriter writer, int snapLength) throws IOException {
        Map<CaptureInterface, Integer> interfaces = new HashMap<>();
        long written = 0;
        for (CapturedFrame frame = frames.next(); frame != null; frame = frames.next()) {
            Integer id = interfaces.get(frame.captureInterface());
            if (id == null) {
                id = writer.addInterface(frame.captureInterface());
                interfaces.put(frame.captureInterface(), id);
            }
            ByteBuf data = frame.data();
            writer.writeFrame(
                    id,
                    frame.timestampNanos(),
                    frame.direction(),
                    frame.originalLength(),
                    data,
                    data.readerIndex(),
                    Math.min(snapLength, data.readableBytes()),
                    VirtioNetNote.parse(frame.comment()));
            written++;
        }
        return written;
    }
}
