/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.IovArray;
import io.netty.channel.unix.Limits;

import java.io.IOException;

/**
 * Writes flushed frames in batches, in order: the frames of a flush are submitted together and complete within the same
 * system call, since a TAP takes or refuses a frame at once.
 *
 * <p>Every frame in flight is retained, as a close releases those of the outbound buffer while the kernel has yet to read
 * them.
 */
final class IoUringWrites implements ChannelOutboundBuffer.MessageProcessor {

    private static final int MAX_BATCH = 128;
    private static final int EAGAIN = -11;

    private final TapChannel channel;
    private final TapWriteLoop writes;
    private final int fd;

    private final ByteBuf[] frames = new ByteBuf[MAX_BATCH];
    private final int[] results = new int[MAX_BATCH];
    private IoRegistration registration;
    private int limit;
    private int submitted;
    private int pending;
    private int told;
    private boolean completing;

    /** For frames in several parts; made when the first one comes. */
    private IovArray iovArray;

    IoUringWrites(TapChannel channel, TapEndpoint endpoint) {
        this.channel = channel;
        writes = channel.writeLoop();
        fd = endpoint.fd().intValue();
    }

    /** Whether frames are in flight, or the promises of their batch have yet to be told. */
    boolean isBusy() {
        return submitted > 0 || completing;
    }

    boolean isPending() {
        return pending > 0;
    }

    /** Submits flushed frames and returns how many; writes that were cancelled are busy, but nothing is submitted for them. */
    int submit(IoRegistration registration, ChannelOutboundBuffer in) throws IOException {
        this.registration = registration;
        limit = Math.min(writes.begin(), MAX_BATCH);
        submitted = 0;
        pending = 0;
        if (iovArray != null) {
            iovArray.clear();
        }
        try {
            in.forEachFlushedMessage(this);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return pending;
    }

    @Override
    public boolean processMessage(Object message) {
        if (submitted == limit) {
            return false;
        }
        ByteBuf frame = (ByteBuf) message;
        if (!TapWriteLoop.isCancelled(frame)) {
            if (!submit(frame)) {
                return false;
            }
            pending++;
        }
        frames[submitted++] = frame.retain();
        return true;
    }

    private boolean submit(ByteBuf frame) {
        short data = (short) submitted;
        int start = frame.readerIndex();
        int length = frame.readableBytes();
        if (frame.hasMemoryAddress() || frame.nioBufferCount() == 1) {
            long address = NativeAddress.of(frame, start, length);
            return registration.submit(IoUringOps.write(fd, address, length, data)) != 0;
        }
        return submitParts(frame, start, length, data);
    }

    private boolean submitParts(ByteBuf frame, int start, int length, short data) {
        if (iovArray == null) {
            iovArray = new IovArray(Limits.IOV_MAX);
        }
        int first = iovArray.count();
        if (!iovArray.add(frame, start, length)) {
            return false; // Full: the frame opens the next batch.
        }
        return registration.submit(IoUringOps.writev(fd, iovArray.memoryAddress(first), iovArray.count() - first, data))
                != 0;
    }

    /** A write has completed; returns true with the last of the batch. */
    boolean completed(int index, int result) {
        results[index] = result;
        return --pending == 0;
    }

    /**
     * Tells the outcome of the batch to the promises, or goes on with it after the device was blocked.
     *
     * <p>A frame of a batch can be refused for the moment while a later one is taken, where the send buffer of the device was
     * limited. It is tried again by itself, before anything new is submitted.
     *
     * @param in the outbound buffer, null if the channel is closed
     * @return false if the device is blocked, in which case this is to be called again when it no longer is
     * @throws IOException if the device is gone
     */
    boolean finish(ChannelOutboundBuffer in) throws IOException {
        completing = true;
        try {
            for (; told < submitted && in != null; told++) {
                ByteBuf frame = frames[told];
                int result = results[told];
                if (TapWriteLoop.isCancelled(frame)) {
                    in.remove();
                } else if (result > 0) {
                    writes.succeeded(in, result);
                } else if (result != EAGAIN) {
                    writes.refused(in, frame, -result);
                } else if (!writes.write(in, frame)) {
                    return false;
                }
            }
            writes.end();
            releaseFrames();
            return true;
        } catch (IOException e) {
            releaseFrames();
            throw e;
        } finally {
            completing = false;
        }
    }

    private void releaseFrames() {
        for (int i = 0; i < submitted; i++) {
            frames[i].release();
            frames[i] = null;
        }
        submitted = 0;
        told = 0;
    }

    /** The registration ends and nothing is in flight. */
    void release() {
        releaseFrames();
        if (iovArray != null) {
            iovArray.release();
            iovArray = null;
        }
    }
}
