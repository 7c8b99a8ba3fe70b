/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.codec.pcap.CaptureFormatException;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.LinkType;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.tools.lifecycle.CommandException;

import java.io.IOException;

/** The frames of a file that a user asked for: of one direction, by a filter, a number of them. For one thread. */
public final class FrameSelection {

    private static final int FAILURE = 1;

    private final CaptureReader reader;
    private final String file;
    private final FrameDirection direction;
    private final BpfFilter filter;
    private long left;

    /**
     * Selects frames.
     *
     * @param reader where they come from
     * @param file what to call that
     * @param direction the direction, or null for all
     * @param filter the filter, or null
     * @param count how many
     */
    public FrameSelection(CaptureReader reader, String file, FrameDirection direction, BpfFilter filter, long count) {
        this.reader = reader;
        this.file = file;
        this.direction = direction;
        this.filter = filter;
        left = count;
    }

    /**
     * The next frame, or null.
     *
     * @throws CommandException if the file cannot be read on, or holds something else than Ethernet frames; any other
     *     exception is of a listener of the reader
     */
    public CapturedFrame next() throws IOException {
        while (left > 0) {
            CapturedFrame frame = read();
            if (frame == null) {
                return null;
            }
            checkLinkType(frame);
            if (isSelected(frame)) {
                left--;
                return frame;
            }
        }
        return null;
    }

    private CapturedFrame read() throws IOException {
        try {
            return reader.next();
        } catch (CaptureFormatException e) {
            throw new CommandException(FAILURE, "cannot read on: file=" + file + ", " + e.getMessage());
        }
    }

    private void checkLinkType(CapturedFrame frame) throws CommandException {
        if (!frame.captureInterface().isEthernet()) {
            String name = frame.captureInterface().name();
            throw new CommandException(
                    FAILURE,
                    "not Ethernet: file=" + file + (name == null ? "" : ", interface=" + name) + ", link type="
                            + LinkType.name(frame.captureInterface().linkType())
                            + ". This program knows Ethernet frames only; tcpdump and tshark read others (`tshark -r "
                            + file + "`)");
        }
    }

    private boolean isSelected(CapturedFrame frame) {
        if (direction != null && frame.direction() != direction) {
            return false;
        }
        return filter == null
                || filter.accept(
                        frame.data(), frame.data().readerIndex(), frame.data().readableBytes(), frame.originalLength());
    }

    /** Where the frames come from, for what it says besides them. */
    CaptureReader reader() {
        return reader;
    }
}
