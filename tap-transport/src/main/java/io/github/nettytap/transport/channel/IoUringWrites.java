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
 * <p>The frames of a batch stay at the head of the outbound buffer until all are complete, so that it keeps them and
 * their promises. Writes that were cancelled lie between them: Netty passes over those when it shows what is flushed,
 * but not when it removes what was written.
 */
final class IoUringWrites implements ChannelOutboundBuffer.MessageProcessor {

    private static final int MAX_BATCH = 128;
    private static final int EAGAIN = -11;
    private static final int EOPNOTSUPP = -95;

    /** Results that no kernel has. */
    private static final int EMPTY = Integer.MIN_VALUE;

    private static final int FAILED = Integer.MIN_VALUE + 1;

    private final TapWriteLoop writes;
    private final TapEndpoint endpoint;
    private final int flags;

    private final ByteBuf[] frames = new ByteBuf[MAX_BATCH];
    private final int[] results = new int[MAX_BATCH];
    private IoRegistration registration;
    private ChannelOutboundBuffer in;
    private int limit;
    private int count;
    private int pending;
    private int settled;
    private boolean completing;
    private boolean abandoned;
    private boolean unsupported;
    private boolean blocked;

    /**
     * What went wrong with frames before they were submitted, by their place in the batch; null if nothing ever did.
     */
    private Throwable[] failures;

    /** For frames in several parts; made when the first one comes. */
    private IovArray iovArray;

    IoUringWrites(TapWriteLoop writes, TapEndpoint endpoint) {
        this.writes = writes;
        this.endpoint = endpoint;
        flags = endpoint.transferFlags();
    }

    /** Whether frames are in flight, or the promises of their batch have yet to be completed. */
    boolean isBusy() {
        return count > 0 || completing;
    }

    /** Whether the kernel cannot write to this device without waiting, as the last batch has shown. */
    boolean isUnsupported() {
        return unsupported;
    }

    /**
     * Whether the device has refused a frame for the moment in the middle of a batch, which is how a bound shows that
     * somebody has set on its send buffer meanwhile. The frames behind that one may have left before it.
     */
    boolean hasBlocked() {
        return blocked;
    }

    /**
     * Submits flushed frames; {@link #finish} is to be called when all are complete.
     *
     * @return how many, 0 if there are only writes that were cancelled, failed or have nothing to send
     */
    int submit(IoRegistration registration, ChannelOutboundBuffer in) throws IOException {
        this.registration = registration;
        this.in = in;
        limit = Math.min(writes.begin(), MAX_BATCH);
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
        if (count == limit) {
            return false;
        }
        ByteBuf frame = (ByteBuf) message;
        try {
            if (!frame.isReadable()) {
                results[count] = EMPTY;
            } else if (submit(frame)) {
                pending++;
            } else {
                return false;
            }
        } catch (Throwable cause) {
            // A released buffer, or no memory for its parts: that is one frame's fault.
            failed(cause);
        }
        frames[count++] = frame;
        return true;
    }

    private void failed(Throwable cause) {
        if (failures == null) {
            failures = new Throwable[MAX_BATCH];
        }
        failures[count] = cause;
        results[count] = FAILED;
    }

    private boolean submit(ByteBuf frame) {
        short data = (short) count;
        int fd = endpoint.writeFd().intValue();
        int start = frame.readerIndex();
        int length = frame.readableBytes();
        if (frame.hasMemoryAddress() || frame.nioBufferCount() == 1) {
            long address = NativeAddress.of(frame, start, length);
            return registration.submit(IoUringOps.write(fd, address, length, flags, data)) != 0;
        }
        return submitParts(fd, frame, start, length, data);
    }

    private boolean submitParts(int fd, ByteBuf frame, int start, int length, short data) {
        if (iovArray == null) {
            iovArray = new IovArray(Limits.IOV_MAX);
        }
        int first = iovArray.count();
        if (!iovArray.add(frame, start, length)) {
            return false; // Full: the frame opens the next batch.
        }
        long iovecs = iovArray.memoryAddress(first);
        return registration.submit(IoUringOps.writev(fd, iovecs, iovArray.count() - first, flags, data)) != 0;
    }

    /** A write has completed; returns true with the last of the batch. */
    boolean completed(int index, int result) {
        results[index] = result;
        return --pending == 0;
    }

    /**
     * Tells the outcome of the batch to the promises, or goes on with it after the device was blocked.
     *
     * @return false if the device is blocked, in which case this is to be called again when it no longer is
     * @throws IOException if the device is gone
     */
    boolean finish() throws IOException {
        if (in == null || abandoned) {
            forget();
            return true;
        }
        completing = true;
        try {
            while (settled < count) {
                ByteBuf frame = frames[settled];
                passOverCancelled(frame);
                if (!settle(frame, results[settled])) {
                    return false;
                }
                frames[settled++] = null;
            }
            removeEmpty();
            writes.end();
            forget();
            return true;
        } catch (IOException e) {
            forget();
            throw e;
        } finally {
            completing = false;
        }
    }

    /**
     * Removes the cancelled writes in front of a frame. Each holds an empty buffer of Netty's instead of its message.
     * If the frame is that very buffer, a cancelled write may go in its place; it is then removed as the next empty
     * one.
     */
    private void passOverCancelled(ByteBuf frame) {
        while (in.current() != frame && in.remove()) {
            continue;
        }
    }

    /** Removes what has nothing to send: writes that were cancelled, and empty buffers, which succeed. */
    private void removeEmpty() {
        ByteBuf next = (ByteBuf) in.current();
        while (next != null && !next.isReadable()) {
            in.remove();
            next = (ByteBuf) in.current();
        }
    }

    /** Returns false if the device is blocked. */
    private boolean settle(ByteBuf frame, int result) throws IOException {
        if (result > 0) {
            writes.succeeded(in, result);
            return true;
        }
        switch (result) {
            case EMPTY:
                in.remove();
                return true;
            case FAILED:
                writes.failed(in, failures[settled]);
                failures[settled] = null;
                return true;
            case EOPNOTSUPP:
                unsupported = true;
                return writes.write(in, frame);
            case EAGAIN:
            case 0:
                blocked = true;
                return writes.write(in, frame);
            default:
                writes.refused(in, frame, -result);
                return true;
        }
    }

    private void forget() {
        for (int i = settled; i < count; i++) {
            if (abandoned) {
                frames[i].release();
            }
            frames[i] = null;
        }
        abandoned = false;
        in = null;
        count = 0;
        settled = 0;
    }

    /** Netty is about to fail the promises and to release the frames, which the kernel has yet to read. */
    void abandon() {
        if (!abandoned && count > 0) {
            abandoned = true;
            for (int i = settled; i < count; i++) {
                frames[i].retain();
            }
        }
    }

    /** The registration ends and nothing is in flight. What has not been written is still in the outbound buffer. */
    void release() {
        forget();
        if (iovArray != null) {
            iovArray.release();
            iovArray = null;
        }
    }
}
