/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.util.List;

/**
 * One frame out of a capture file.
 *
 * <p>A frame check sequence that the file has at the end of a frame is no part of the frame: {@link #data()} and
 * {@link #originalLength()} are without it.
 *
 * @param interfaceId the number of the interface within its section
 * @param captureInterface the interface, whose link type says what {@code data} begins with
 * @param timestampNanos nanoseconds since 1970-01-01T00:00Z, {@link #NO_TIMESTAMP} where the file has none
 * @param originalLength how long the frame was, in bytes, before it was cut to the snap length
 * @param data what was kept of the frame: a heap buffer of this object alone, which needs no release
 * @param fcs what was kept of the frame check sequence: a heap buffer like {@code data}, usually empty
 * @param fcsLength how long the frame check sequence was on the wire, in bytes, 0 where the file does not say; a frame
 *     that is shorter than the file says its FCS to be consists of FCS alone
 * @param flags {@code epb_flags} as in the file, which hold direction, FCS length and what offloads left undone; 0
 *     where the file has none
 * @param comments the comments on the frame; {@link #note()} finds the one that netty-tap writes
 */
public record CapturedFrame(
        int interfaceId,
        CaptureInterface captureInterface,
        long timestampNanos,
        int originalLength,
        ByteBuf data,
        ByteBuf fcs,
        int fcsLength,
        int flags,
        List<String> comments) {

    /** The time of a frame that has none, as in a simple packet block. */
    public static final long NO_TIMESTAMP = Long.MIN_VALUE;

    /** Tells the FCS from the frame: {@code bytes} is what was kept of both, {@code wireLength} the length of both. */
    static CapturedFrame of(
            int interfaceId,
            CaptureInterface captureInterface,
            long timestampNanos,
            int wireLength,
            byte[] bytes,
            int flags,
            List<String> comments) {
        // Unsigned in the file; no frame is that long, and a length that is negative would be a trap.
        int length = wireLength < 0 ? Integer.MAX_VALUE : wireLength;
        int claimed = PcapngLayout.fcsLength(flags);
        claimed = claimed == 0 ? captureInterface.fcsLength() : claimed;
        // A few writers tell less than what they kept; then the frame ends where it ends.
        int longest = Math.max(length, bytes.length);
        // The claim may exceed the frame; both lengths must add up to the wire length when the frame is written again.
        int fcsLength = Math.min(claimed, longest);
        int kept = Math.min(bytes.length, longest - fcsLength);
        return new CapturedFrame(
                interfaceId,
                captureInterface,
                timestampNanos,
                Math.max(0, length - fcsLength),
                Unpooled.wrappedBuffer(bytes, 0, kept),
                Unpooled.wrappedBuffer(bytes, kept, bytes.length - kept),
                fcsLength,
                flags,
                comments);
    }

    /**
     * Which way the frame went.
     *
     * @return the direction, {@link FrameDirection#UNKNOWN} where the file does not say
     */
    public FrameDirection direction() {
        switch (flags & PcapngLayout.FLAG_DIRECTION_MASK) {
            case PcapngLayout.FLAG_INBOUND:
                return FrameDirection.INBOUND;
            case PcapngLayout.FLAG_OUTBOUND:
                return FrameDirection.OUTBOUND;
            default:
                return FrameDirection.UNKNOWN;
        }
    }

    /**
     * Tells whether the file says when the frame was captured.
     *
     * @return false if the timestamp is {@link #NO_TIMESTAMP}
     */
    public boolean hasTimestamp() {
        return timestampNanos != NO_TIMESTAMP;
    }

    /**
     * Tells whether the end of the frame is missing.
     *
     * @return true if the frame was longer than what was kept of it
     */
    public boolean isSnapped() {
        return data.readableBytes() < originalLength;
    }

    /**
     * The virtio-net header that the frame was captured with.
     *
     * @return the note, null if the frame was not offloaded, or its writer was another program
     */
    public VirtioNetNote note() {
        for (String comment : comments) {
            VirtioNetNote note = VirtioNetNote.parse(comment);
            if (note != null) {
                return note;
            }
        }
        return null;
    }
}
