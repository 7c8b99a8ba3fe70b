/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

/**
 * One frame out of a capture file.
 *
 * @param interfaceId the number of the interface within its section
 * @param captureInterface the interface
 * @param timestampNanos nanoseconds since 1970-01-01T00:00Z, 0 where the file has none
 * @param direction which way the frame went
 * @param originalLength how long the frame was before it was cut to the snap length
 * @param data what was kept of the frame: a heap buffer of this object alone, which needs no release
 * @param comment the comment on the frame, null if there is none; {@link VirtioNetNote#parse(String)} reads those that
 *     netty-tap wrote
 */
public record CapturedFrame(
        int interfaceId,
        CaptureInterface captureInterface,
        long timestampNanos,
        FrameDirection direction,
        int originalLength,
        ByteBuf data,
        String comment) {

    /**
     * Tells whether the end of the frame is missing.
     *
     * @return true if the frame was longer than what was kept of it
     */
    public boolean isSnapped() {
        return data.readableBytes() < originalLength;
    }
}
