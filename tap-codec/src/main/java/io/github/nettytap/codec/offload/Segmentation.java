/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.util.function.Consumer;

/**
 * Cuts GSO frames into the frames that go on a wire, as a network card with TSO and USO would, and the kernel without.
 *
 * <ul>
 *   <li>The headers of the GSO frame, with tags, options and extension headers, go in front of each segment.
 *   <li>The IPv4 identification counts up; lengths and checksums are those of the segment.
 *   <li>TCP: the sequence number advances; CWR stays on the first segment only, FIN and PSH on the last only, everything
 *       else on all (RFC 3168, section 6.1.2, for CWR; {@code tcp_gso_segment}).
 *   <li>UDP: each segment is a datagram; a checksum of zero is sent as {@code 0xffff}.
 *   <li>In a UDP tunnel, outer and inner headers are both updated, and the outer checksum if the header asks for it.
 * </ul>
 *
 * <p>The segments are slices of one allocation, and the payload is copied once. Each has its virtio-net header in front,
 * of zeros, so that it can be written to a device as it is.
 */
public final class Segmentation {

    private Segmentation() {}

    /**
     * Makes wire frames of any packet: cuts a GSO frame, completes a partial checksum, and leaves a plain frame as it is.
     * This is what a port needs that did not negotiate any offload.
     *
     * @param packet header and frame, from reader to writer index; unchanged, and still the caller's
     * @param headerLength the length of the virtio-net header in front of the frame
     * @param outputHeaderLength the length of the header to put in front of each result: as in the packet, or 0 for none
     * @param alloc where the results come from
     * @param output takes each result, in order, and owns it
     * @return {@link FrameVerdict#WELL_FORMED}, or why nothing was output
     */
    public static FrameVerdict segment(
            ByteBuf packet,
            int headerLength,
            int outputHeaderLength,
            ByteBufAllocator alloc,
            Consumer<? super ByteBuf> output) {
        int index = packet.readerIndex();
        int limit = packet.writerIndex();
        FrameVerdict verdict = FrameValidator.validate(packet, index, limit, headerLength);
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        int frame = index + headerLength;
        if (VirtioNetHeader.gsoType(packet, index) != VirtioNetHeader.GSO_NONE) {
            boolean tunnel = headerLength >= VirtioNetHeader.TUNNEL_LENGTH;
            GsoSegmenter gsoFrame = new GsoSegmenter(
                    packet,
                    frame,
                    limit,
                    VirtioNetHeader.flags(packet, index),
                    VirtioNetHeader.gsoType(packet, index),
                    VirtioNetHeader.gsoSize(packet, index),
                    VirtioNetHeader.checksumStart(packet, index),
                    tunnel ? VirtioNetHeader.outerTransportOffset(packet, index) : 0,
                    tunnel ? VirtioNetHeader.innerNetworkOffset(packet, index) : 0);
            gsoFrame.cut(outputHeaderLength, alloc, output);
            return verdict;
        }
        boolean partial = (VirtioNetHeader.flags(packet, index) & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0;
        if (!partial && outputHeaderLength == 0) {
            output.accept(packet.retainedSlice(frame, limit - frame));
            return verdict;
        }
        if (!partial && outputHeaderLength == headerLength) {
            output.accept(packet.retainedDuplicate());
            return verdict;
        }
        ByteBuf copy = copy(packet, frame, limit, outputHeaderLength, alloc);
        if (partial) {
            Checksums.complete(
                    copy,
                    outputHeaderLength,
                    copy.writerIndex(),
                    VirtioNetHeader.checksumStart(packet, index),
                    VirtioNetHeader.checksumOffset(packet, index));
        }
        output.accept(copy);
        return verdict;
    }

    private static ByteBuf copy(ByteBuf packet, int frame, int limit, int headerLength, ByteBufAllocator alloc) {
        ByteBuf copy = alloc.directBuffer(headerLength + limit - frame);
        copy.writeZero(headerLength);
        packet.getBytes(frame, copy, limit - frame);
        return copy;
    }

    /**
     * Cuts a GSO frame.
     *
     * @param frame a GSO frame; unchanged, and still the caller's
     * @param headerLength the length of the virtio-net header of the device that the segments may go to; of any other
     *     length, it is no header but headroom
     * @param alloc where the segments come from
     * @param output takes each segment, in order, and owns it
     * @return {@link FrameVerdict#WELL_FORMED}, or why nothing was output
     * @throws IllegalArgumentException if the frame is no GSO frame
     */
    public static FrameVerdict segment(
            VirtioNetFrame frame, int headerLength, ByteBufAllocator alloc, Consumer<? super VirtioNetFrame> output) {
        if (!frame.isGsoFrame()) {
            throw new IllegalArgumentException("not a GSO frame: " + frame);
        }
        FrameVerdict verdict = FrameValidator.validate(frame, VirtioNetHeader.TUNNEL_LENGTH);
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        ByteBuf content = frame.content();
        GsoSegmenter gsoFrame = new GsoSegmenter(
                content,
                content.readerIndex(),
                content.writerIndex(),
                frame.flags(),
                frame.gsoType(),
                frame.gsoSize(),
                frame.checksumStart(),
                frame.outerTransportOffset(),
                frame.innerNetworkOffset());
        gsoFrame.cut(
                headerLength,
                alloc,
                packet -> output.accept(
                        // Zeros of any length are the header of a plain frame.
                        headerLength >= Short.BYTES
                                ? VirtioNetFrame.parse(packet, headerLength)
                                : VirtioNetFrame.whole(packet.skipBytes(headerLength), ChecksumState.NONE)));
        return verdict;
    }
}
