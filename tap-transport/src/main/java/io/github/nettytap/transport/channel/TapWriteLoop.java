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
    private final TapCounters counters;
    private final TapWriteFailures failures;
    private final SoftwareSegmentation segmentation;
    private final int vnetHeaderSize;
    private final int kernelHeaderSize;
    private int sent;
    private int attempts;

    TapWriteLoop(TapChannel channel, TapEndpoint endpoint) {
        this.channel = channel;
        this.endpoint = endpoint;
        counters = channel.counters();
        failures = new TapWriteFailures(endpoint, counters);
        vnetHeaderSize = endpoint.vnetHeaderSize();
        kernelHeaderSize = endpoint.kernelHeaderSize();
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
        attempts = Math.max(1, channel.config().getWriteSpinCount());
        return Math.max(1, channel.maxFramesPerWrite());
    }

    /**
     * Writes the current frame and removes it, unless the device is blocked.
     *
     * @return false if the device is blocked, in which case the frame stays
     * @throws IOException if the device is gone
     */
    boolean write(ChannelOutboundBuffer in, ByteBuf frame) throws IOException {
        if (!frame.isReadable()) {
            // A write that was cancelled, which leaves an empty buffer of Netty's; or one that has nothing to send.
            in.remove();
            return true;
        }
        long written = 0;
        try {
            for (int i = attempts; i > 0 && written == 0; i--) {
                written = write(frame);
            }
        } catch (NativeIoException e) {
            refused(in, frame, -e.expectedErr());
            return true;
        } catch (RuntimeException | Error e) {
            failed(in, e);
            return true;
        }
        if (written == 0) {
            counters.sendWouldBlock.increment();
            return false;
        }
        succeeded(in, written);
        return true;
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
        long written = errno == EINVAL ? segmented(frame) : 0;
        if (written > 0) {
            counters.framesSegmented.increment();
            succeeded(in, written);
        } else {
            in.remove(failures.countAndExplain(errno));
        }
    }

    /** Returns the bytes of the segments that were written instead of the frame, or 0 if not all of them were. */
    private long segmented(ByteBuf frame) {
        try {
            return segmentation.applies(frame) ? segmentation.write(frame, channel.alloc()) : 0;
        } catch (IOException | RuntimeException | Error e) {
            return 0; // The frame fails by what the kernel said.
        }
    }

    /**
     * The current frame could not even be tried: it was released before it left, or there is no memory for its parts.
     */
    void failed(ChannelOutboundBuffer in, Throwable cause) {
        (cause instanceof OutOfMemoryError ? counters.dropsNoMemory : counters.dropsOther).increment();
        in.remove(cause);
    }

    private long write(ByteBuf frame) throws IOException {
        FileDescriptor fd = endpoint.writeFd();
        int start = frame.readerIndex();
        int end = frame.writerIndex();
        if (kernelHeaderSize != vnetHeaderSize) {
            return writeWithShorterHeader(frame, start, end);
        }
        if (frame.hasMemoryAddress()) {
            return fd.writeAddress(frame.memoryAddress(), start, end);
        }
        if (frame.nioBufferCount() == 1) {
            var nio = frame.internalNioBuffer(start, end - start);
            return fd.write(nio, nio.position(), nio.limit());
        }
        IovArray iovecs = channel.resources().iovArray();
        iovecs.add(frame, start, end - start);
        return fd.writevAddresses(iovecs.memoryAddress(0), iovecs.count());
    }

    /** Frames are flooded by reference, so the header is not moved but sent as a part of its own. */
    private long writeWithShorterHeader(ByteBuf frame, int start, int end) throws IOException {
        IovArray iovecs = channel.resources().iovArray();
        iovecs.add(frame, start, kernelHeaderSize);
        iovecs.add(frame, start + vnetHeaderSize, end - start - vnetHeaderSize);
        long written = endpoint.writeFd().writevAddresses(iovecs.memoryAddress(0), iovecs.count());
        return written == 0 ? 0 : written + vnetHeaderSize - kernelHeaderSize;
    }

    void end() {
        if (sent > 0) {
            counters.sendBatches.increment();
        }
    }
}
