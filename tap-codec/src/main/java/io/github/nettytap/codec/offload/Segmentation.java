/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.util.function.Consumer;

/**
 * Segments GSO frames into the frames that go on a wire, as a network card with TSO and USO would, and the kernel
 * without.
 *
 * <ul>
 *   <li>The headers of the GSO frame, with tags, options and extension headers, go in front of each segment.
 *   <li>The IPv4 identification counts up; lengths and checksums are those of the segment.
 *   <li>TCP: the sequence number advances; CWR stays on the first segment only, FIN and PSH on the last only,
 *       everything else on all (RFC 3168, section 6.1.2, for CWR; {@code tcp_gso_segment}).
 *   <li>UDP: each segment is a datagram; a checksum of zero is sent as {@code 0xffff}.
 *   <li>In a UDP tunnel, outer and inner headers are both updated, and the outer checksum if the header asks for it.
 * </ul>
 *
 * <p>The segments are slices of one allocation, and the payload is copied once. Each has its virtio-net header in
 * front, of zeros, so that it can be written to a device as it is.
 */
public final class Segmentation {

    private Segmentation() {}

    /**
     * Makes complete frames of a frame with a virtio-net header: segments a GSO frame, completes a partial checksum,
     * and leaves a plain frame as it is. This is what a port needs that did not negotiate any offload.
     *
     * @param packet header and frame, from reader to writer index; unchanged, and still the caller's
     * @param headerLength the length of the virtio-net header in front of the frame
     * @param outputHeaderLength the length of the header to put in front of each result: as in the packet, or 0 for
     *     none
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
        FrameView view = new FrameView(VnetHeader.ofLength(headerLength));
        view.read(packet);
        FrameVerdict verdict = view.validate();
        if (verdict == FrameVerdict.WELL_FORMED && view.isComplete() && outputHeaderLength == headerLength) {
            output.accept(packet.retainedDuplicate());
            return verdict;
        }
        return verdict == FrameVerdict.WELL_FORMED ? complete(view, outputHeaderLength, alloc, output) : verdict;
    }

    /**
     * Makes complete frames of a frame in any form: segments a GSO frame, completes a partial checksum, and leaves a
     * complete frame as it is.
     *
     * @param view a frame; unchanged, and still the caller's
     * @param headroom the bytes of zeros in front of each result, which may be a virtio-net header
     * @param alloc where the results come from
     * @param output takes each result, header and frame, in order, and owns it
     * @return {@link FrameVerdict#WELL_FORMED}, or why nothing was output
     */
    public static FrameVerdict segment(
            FrameView view, int headroom, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        FrameVerdict verdict = view.validate();
        return verdict == FrameVerdict.WELL_FORMED ? complete(view, headroom, alloc, output) : verdict;
    }

    /**
     * Segments a GSO frame for a device with a virtio-net header, and leaves the checksums of the segments to it: each
     * is partial, which saves a pass over the payload here and the verification there. Every kernel takes such frames
     * into a TAP, whatever offloads it may hand over. Frames in a tunnel get complete checksums, since a header
     * has room for one only; frames that need no segmentation pass as they are.
     *
     * @param packet header and frame, from reader to writer index; unchanged, and still the caller's
     * @param header the virtio-net header in front of the frame and of each result
     * @param alloc where the results come from
     * @param output takes each result, in order, and owns it
     * @return {@link FrameVerdict#WELL_FORMED}, or why nothing was output
     */
    public static FrameVerdict segmentPartial(
            ByteBuf packet, VnetHeader header, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        FrameView view = new FrameView(header);
        view.read(packet);
        FrameVerdict verdict = view.validate();
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        if (!view.isGsoFrame()) {
            output.accept(packet.retainedDuplicate());
            return verdict;
        }
        GsoSegmenter gsoFrame = new GsoSegmenter(view);
        if (gsoFrame.isInTunnel()) {
            gsoFrame.segment(header.length(), alloc, output);
        } else {
            gsoFrame.segmentPartial(header.length(), alloc, output);
        }
        return verdict;
    }

    private static FrameVerdict complete(
            FrameView view, int headroom, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        ByteBuf buffer = view.buffer();
        if (view.isGsoFrame()) {
            new GsoSegmenter(view).segment(headroom, alloc, output);
        } else if (view.isComplete() && headroom == 0) {
            output.accept(buffer.retainedSlice(view.index(), view.length()));
        } else {
            ByteBuf copy = alloc.directBuffer(headroom + view.length());
            copy.writeZero(headroom);
            buffer.getBytes(view.index(), copy, view.length());
            if (!view.isComplete()) {
                Checksums.complete(copy, headroom, copy.writerIndex(), view.checksumStart(), view.checksumOffset());
            }
            output.accept(copy);
        }
        return FrameVerdict.WELL_FORMED;
    }

    /**
     * Segments a GSO frame.
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
        FrameView view = new FrameView(VnetHeader.NONE);
        view.read(frame);
        FrameVerdict verdict = view.validate();
        if (verdict == FrameVerdict.WELL_FORMED) {
            new GsoSegmenter(view)
                    .segment(
                            headerLength,
                            alloc,
                            packet -> output.accept(
                                    // Zeros of any length are the header of a plain frame.
                                    headerLength >= Short.BYTES
                                            ? VirtioNetFrame.parse(packet, headerLength)
                                            : VirtioNetFrame.complete(
                                                    packet.skipBytes(headerLength), ChecksumState.NONE)));
        }
        return verdict;
    }
}
