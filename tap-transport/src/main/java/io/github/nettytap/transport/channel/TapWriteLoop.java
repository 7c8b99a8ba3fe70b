/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.IovArray;
import io.netty.channel.unix.Limits;

import java.io.IOException;

/**
 * Writes frames by system calls of their own: one {@code write} or, for a composite buffer, one {@code writev} a frame.
 *
 * <p>There are no partial writes on a device of frames: a frame is taken whole, refused for the moment (EAGAIN),
 * refused for good, or the device is gone.
 */
final class TapWriteLoop {

    // asm-generic/errno-base.h
    private static final int EINVAL = 22;

    private final TapChannel channel;
    private final TapEndpoint endpoint;
    private final FileDescriptor fd;
    private final TapCounters counters;
    private final TapWriteFailures failures;
    private final SoftwareSegmentation segmentation;
    private final int vnetHeaderSize;
    private int sent;

    /** For frames in several parts; made when the first one comes. */
    private IovArray iovArray;

    TapWriteLoop(TapChannel channel, TapEndpoint endpoint) {
        this.channel = channel;
        this.endpoint = endpoint;
        fd = endpoint.fd();
        counters = channel.counters();
        failures = new TapWriteFailures(endpoint, counters);
        vnetHeaderSize = endpoint.vnetHeaderSize();
        segmentation = new SoftwareSegmentation(this::write, vnetHeaderSize);
    }

    /** How a turn of writing ended. */
    enum Outcome {
        /** Every flushed frame is written. */
        DONE,
        /** The device takes no frame for the moment. */
        BLOCKED,
        /** The turn has written as many frames as it may. */
        MORE
    }

    /** Writes flushed frames, one system call each, as long as the turn may. */
    Outcome writeAll(ChannelOutboundBuffer in) throws IOException {
        try {
            for (int budget = begin(); budget > 0; budget--) {
                Object frame = in.current();
                if (frame == null) {
                    return Outcome.DONE;
                }
                if (!write(in, (ByteBuf) frame)) {
                    return Outcome.BLOCKED;
                }
            }
            return Outcome.MORE;
        } finally {
            end();
        }
    }

    /** Begins a turn and tells how many frames it may write. */
    int begin() {
        sent = 0;
        return channel.maxFramesPerWrite();
    }

    /**
     * Writes the current frame and removes it, unless the device is blocked.
     *
     * @return false if the device is blocked, in which case the frame stays
     * @throws IOException if the device is gone
     */
    boolean write(ChannelOutboundBuffer in, ByteBuf frame) throws IOException {
        if (isCancelled(frame)) {
            in.remove();
            return true;
        }
        try {
            for (int attempts = channel.config().getWriteSpinCount(); attempts > 0; attempts--) {
                long written = write(frame);
                if (written > 0) {
                    succeeded(in, written);
                    return true;
                }
            }
        } catch (NativeIoException e) {
            refused(in, frame, -e.expectedErr());
            return true;
        }
        blocked();
        return false;
    }

    /** Netty leaves an empty buffer in place of a write that was cancelled; no frame is empty. */
    static boolean isCancelled(ByteBuf frame) {
        return !frame.isReadable();
    }

    /** The current frame was taken. */
    void succeeded(ChannelOutboundBuffer in, long written) {
        counters.framesSent.increment();
        counters.bytesSent.add(written - vnetHeaderSize);
        sent++;
        in.remove();
    }

    /**
     * The current frame was refused for good.
     *
     * @throws IOException if that is because the device is gone; the frame then stays, to fail with all others
     */
    void refused(ChannelOutboundBuffer in, ByteBuf frame, int errno) throws IOException {
        if (endpoint.isFatal(errno)) {
            throw endpoint.explain("write", errno);
        }
        if (errno != EINVAL || !segmentation.applies(frame) || !segmented(in, frame)) {
            in.remove(failures.countAndExplain(errno));
        }
    }

    private boolean segmented(ChannelOutboundBuffer in, ByteBuf frame) {
        try {
            long written = segmentation.write(frame, channel.alloc());
            if (written == 0) {
                return false;
            }
            counters.framesSegmented.increment();
            succeeded(in, written);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The current frame was refused for the moment. */
    void blocked() {
        counters.sendWouldBlock.increment();
    }

    private long write(ByteBuf frame) throws IOException {
        int start = frame.readerIndex();
        int end = frame.writerIndex();
        if (frame.hasMemoryAddress()) {
            return fd.writeAddress(frame.memoryAddress(), start, end);
        }
        if (frame.nioBufferCount() == 1) {
            var nio = frame.internalNioBuffer(start, end - start);
            return fd.write(nio, nio.position(), nio.limit());
        }
        if (iovArray == null) {
            iovArray = new IovArray(Limits.IOV_MAX);
        }
        iovArray.clear();
        iovArray.add(frame, start, end - start);
        return fd.writevAddresses(iovArray.memoryAddress(0), iovArray.count());
    }

    void end() {
        if (sent > 0) {
            counters.sendBatches.increment();
        }
    }

    void release() {
        if (iovArray != null) {
            iovArray.release();
            iovArray = null;
        }
    }
}
