/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The ports that got something in this batch, each of which is flushed once at the end of it.
 *
 * <p>A batch begins with the first frame that is sent and ends with {@link #flush()}, which whoever reads calls in
 * {@code channelReadComplete}. One for each event loop; on that loop only, and for ports of that loop. Nothing is
 * allocated for a frame that needs no segmentation.
 */
public final class EgressBatch {

    private final Consumer<ByteBuf> writeSegment = this::writeSegment;
    private Port[] touched = new Port[8];
    private int count;

    /** Where the segments of the frame in hand go. */
    private Port segmentsTo;

    /** Makes an empty batch. */
    public EgressBatch() {}

    /** What became of a frame. */
    public enum Result {
        /** It waits in the channel for the flush. */
        SENT,
        /** Its segments wait in the channel, complete but for checksums, where the port takes partial ones. */
        SEGMENTED,
        /** It was dropped: it had to be segmented or completed, and its virtio-net header does not fit it. */
        MALFORMED,
        /** It was dropped: the channel is not writable. */
        CONGESTED
    }

    /**
     * Sends a frame through a port, segmented and completed if it requires what the port has not negotiated.
     *
     * @param frame virtio-net header and frame, owned by this method, whatever comes of it
     * @param required what the frame requires, see {@link RequiredOffloads#of(ByteBuf, int)}; 0 without a header
     * @param to the port, whose header has the size of that of the frame
     * @return what became of the frame; what was not sent has been released
     */
    public Result send(ByteBuf frame, int required, Port to) {
        if (!to.channel().isWritable()) {
            frame.release();
            return Result.CONGESTED;
        }
        if (to.takes(required)) {
            write(frame, to);
            return Result.SENT;
        }
        return sendSegments(frame, to);
    }

    /** The check for room was for the whole frame: a TCP segment lost in its middle would cost more than 64 KiB. */
    private Result sendSegments(ByteBuf frame, Port to) {
        segmentsTo = to;
        try {
            int header = to.vnetHeaderSize();
            ByteBufAllocator alloc = to.channel().alloc();
            // Where the port completes checksums, nobody here reads the payload once more for them.
            FrameVerdict verdict = to.takes(RequiredOffloads.CSUM)
                    ? Segmentation.segmentPartial(frame, VnetHeader.ofLength(header), alloc, writeSegment)
                    : Segmentation.segment(frame, header, header, alloc, writeSegment);
            return verdict == FrameVerdict.WELL_FORMED ? Result.SEGMENTED : Result.MALFORMED;
        } finally {
            segmentsTo = null;
            frame.release();
        }
    }

    private void writeSegment(ByteBuf segment) {
        write(segment, segmentsTo);
    }

    /** Writes as it is; a failure is the channel's to count. */
    private void write(ByteBuf frame, Port to) {
        touch(to);
        to.channel().write(frame, to.voidPromise());
    }

    /**
     * Has a port flushed at the end of the batch that gets something by another way than {@link #send}.
     *
     * @param to the port
     */
    public void touch(Port to) {
        if (to.touch()) {
            if (count == touched.length) {
                touched = Arrays.copyOf(touched, 2 * count);
            }
            touched[count++] = to;
        }
    }

    /**
     * Ends the batch: each port that got something is flushed once.
     *
     * <p>May be entered again from within: the flush of an in-process channel can have its peer read, and answer, at
     * once.
     */
    public void flush() {
        while (count > 0) {
            Port port = touched[--count];
            touched[count] = null;
            port.flush();
        }
    }
}
