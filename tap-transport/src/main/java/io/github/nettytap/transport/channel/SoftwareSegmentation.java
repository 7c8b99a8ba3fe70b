/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends a frame in another way when the kernel refuses the offload that it asks for.
 *
 * <p>Which virtio-net headers a kernel takes has changed more than once, also within a stable series, and a switch
 * hands on headers that another kernel wrote. So EINVAL for a frame that wants segmentation or a checksum is not the
 * end of it: the frame is cut and completed here, and its segments are written, which every kernel takes.
 */
final class SoftwareSegmentation {

    /** Writes one frame: the bytes written, or 0 if the device is blocked. */
    interface Writer {
        long write(ByteBuf frame) throws IOException;
    }

    private final Writer writer;
    private final int vnetHeaderSize;

    SoftwareSegmentation(Writer writer, int vnetHeaderSize) {
        this.writer = writer;
        this.vnetHeaderSize = vnetHeaderSize;
    }

    /** Whether the frame asks for an offload that could be done here instead. */
    boolean applies(ByteBuf frame) {
        int index = frame.readerIndex();
        return vnetHeaderSize > 0
                && (VirtioNetHeader.gsoType(frame, index) != VirtioNetHeader.GSO_NONE
                        || (VirtioNetHeader.flags(frame, index) & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0);
    }

    /**
     * Cuts the frame and writes its segments.
     *
     * @return the bytes written with the header of one frame counted, or 0 if the frame is malformed
     * @throws IOException if the kernel refuses a segment, for good or for the moment; those before it are sent
     */
    long write(ByteBuf frame, ByteBufAllocator allocator) throws IOException {
        List<ByteBuf> segments = new ArrayList<>();
        try {
            FrameVerdict verdict =
                    Segmentation.segment(frame, vnetHeaderSize, vnetHeaderSize, allocator, segments::add);
            if (verdict != FrameVerdict.WELL_FORMED) {
                return 0;
            }
            long written = vnetHeaderSize;
            for (ByteBuf segment : segments) {
                long taken = writer.write(segment);
                if (taken == 0) {
                    throw new IOException("the device is blocked: written=" + written);
                }
                written += taken - vnetHeaderSize;
            }
            return written;
        } finally {
            segments.forEach(ByteBuf::release);
        }
    }
}
