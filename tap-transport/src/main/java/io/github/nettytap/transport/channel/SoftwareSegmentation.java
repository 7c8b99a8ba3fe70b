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
import io.netty.channel.unix.FileDescriptor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends a frame in another way when the kernel refuses the offload that it asks for.
 *
 * <p>Which virtio-net headers a kernel takes has changed more than once, also within a stable series, and a switch hands on
 * headers that another kernel wrote. So EINVAL for a frame that wants segmentation or a checksum is not the end of it: the
 * frame is cut and completed here, and its segments are written, which every kernel takes.
 */
final class SoftwareSegmentation {

    private final FileDescriptor fd;
    private final int vnetHeaderSize;

    SoftwareSegmentation(FileDescriptor fd, int vnetHeaderSize) {
        this.fd = fd;
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
     * @throws IOException if the kernel refuses a segment
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
                written += write(segment) - vnetHeaderSize;
            }
            return written;
        } finally {
            segments.forEach(ByteBuf::release);
        }
    }

    private int write(ByteBuf segment) throws IOException {
        if (segment.hasMemoryAddress()) {
            return fd.writeAddress(segment.memoryAddress(), segment.readerIndex(), segment.writerIndex());
        }
        var nio = segment.internalNioBuffer(segment.readerIndex(), segment.readableBytes());
        return fd.write(nio, nio.position(), nio.limit());
    }
}
