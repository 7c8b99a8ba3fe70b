/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.wire.FrameDirection;

import java.io.IOException;

/** The frames of a file that a user asked for: of one direction, by a filter, a number of them. For one thread. */
public final class FrameSelection {

    private final CaptureReader reader;
    private final FrameDirection direction;
    private final BpfFilter filter;
    private long left;

    /**
     * Selects frames.
     *
     * @param reader where they come from
     * @param direction the direction, or null for all
     * @param filter the filter, or null
     * @param count how many
     */
    public FrameSelection(CaptureReader reader, FrameDirection direction, BpfFilter filter, long count) {
        this.reader = reader;
        this.direction = direction;
        this.filter = filter;
        left = count;
    }

    /** The next frame, or null. */
    public CapturedFrame next() throws IOException {
        while (left > 0) {
            CapturedFrame frame = reader.next();
            if (frame == null) {
                return null;
            }
            if (isSelected(frame)) {
                left--;
                return frame;
            }
        }
        return null;
    }

    private boolean isSelected(CapturedFrame frame) {
        if (direction != null && frame.direction() != direction) {
            return false;
        }
        return filter == null
                || filter.accept(
                        frame.data(), frame.data().readerIndex(), frame.data().readableBytes(), frame.originalLength());
    }
}
