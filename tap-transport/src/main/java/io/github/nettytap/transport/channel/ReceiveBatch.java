/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Received frames on their way to the pipeline: how many go in one batch, when to stop, what the pipeline and the
 * counters get to know.
 *
 * <p>A batch begins with its first frame and ends with {@code channelReadComplete}, so that never comes without a
 * frame. What a batch counts on is not the number of bytes read: on a device of frames a short read says nothing about
 * there being more.
 */
final class ReceiveBatch {

    private final TapChannel channel;
    private final TapCounters counters;
    private RecvByteBufAllocator.ExtendedHandle handle;
    private int vnetHeaderSize;

    private boolean readPending;
    private boolean open;
    private int delivered;
    private boolean endOfInput;
    private Throwable failure;

    /**
     * Frames that were read together with one during whose delivery reading was stopped; null if there never were any.
     * Nothing is read while there are any, so they are never more than one batch of reads.
     */
    private Queue<ByteBuf> held;

    ReceiveBatch(TapChannel channel) {
        this.channel = channel;
        counters = channel.counters();
    }

    /** The channel has its device. */
    void start(RecvByteBufAllocator.ExtendedHandle handle, int vnetHeaderSize) {
        this.handle = handle;
        this.vnetHeaderSize = vnetHeaderSize;
    }

    /**
     * {@code read()} was called. While autoRead is on that says nothing, as Netty itself calls it then after each
     * batch; a call that was counted would bring a frame after autoRead is switched off.
     */
    void want() {
        if (!channel.config().isAutoRead()) {
            readPending = true;
        }
    }

    /** Whether {@code read()} was called and has brought no frame yet. */
    boolean isPending() {
        return readPending;
    }

    boolean isWanted() {
        return channel.isOpen() && (readPending || channel.config().isAutoRead());
    }

    /** How many frames may be read at once without having to hold some. */
    int allowance(int limit) {
        return channel.config().isAutoRead() ? Math.min(limit, channel.config().maxFramesPerRead()) : 1;
    }

    /** A frame that was read together with others: delivered if it is wanted now, held if it is not. */
    void offer(ByteBuf frame, int length, int room) {
        if (!channel.isOpen()) {
            frame.release();
        } else if (hasHeld() || !isWanted()) {
            hold(frame);
        } else {
            deliver(frame, length, room);
            if (!isContinuing()) {
                complete();
            }
        }
    }

    /**
     * A frame goes up the pipeline, which owns it from now on.
     *
     * @param length the bytes that were read
     * @param room the bytes that there was room for
     */
    void deliver(ByteBuf frame, int length, int room) {
        boolean counted = false;
        try {
            if (!open) {
                handle.reset(channel.config());
                open = true;
                delivered = 0;
            }
            handle.lastBytesRead(length);
            handle.incMessagesRead(1);
            counted = true;
        } finally {
            if (!counted) {
                frame.release(); // The handle is the user's, and may throw.
            }
        }
        if (length == room) {
            counters.framesTruncated.increment();
        }
        counters.framesReceived.increment();
        counters.bytesReceived.add(length - vnetHeaderSize);
        delivered++;
        readPending = false;
        channel.pipeline().fireChannelRead(frame);
    }

    private void hold(ByteBuf frame) {
        if (held == null) {
            held = new ArrayDeque<>();
        }
        held.add(frame);
    }

    boolean hasHeld() {
        return held != null && !held.isEmpty();
    }

    /** Delivers frames that were held, in a batch of their own. */
    void deliverHeld() {
        while (hasHeld() && isWanted()) {
            ByteBuf frame = held.remove();
            deliver(frame, frame.readableBytes(), Integer.MAX_VALUE);
            if (!isContinuing()) {
                break;
            }
        }
        end();
    }

    /** The channel is closed: nobody will want the frames that are held. */
    void release() {
        while (hasHeld()) {
            held.remove().release();
        }
    }

    /** There will never be a frame again. */
    void endOfInput() {
        endOfInput = true;
    }

    /** Whether one more frame may be delivered in this batch. */
    boolean isContinuing() {
        return channel.isOpen() && handle.continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER);
    }

    void failed(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    /** Ends the batch, which is not empty; the next frame begins another. */
    void complete() {
        open = false;
        counters.receiveBatches.increment();
        TapLoopCounters loop = channel.resources().counters();
        loop.batches.increment();
        loop.frames.add(delivered);
        handle.readComplete();
        channel.pipeline().fireChannelReadComplete();
    }

    /** Ends the batch, if one has begun, and tells what else has come to light. */
    void end() {
        if (open && delivered > 0) {
            complete();
        }
        open = false;
        Throwable cause = failure;
        failure = null;
        if (cause != null) {
            channel.failures().readFailed(cause);
        } else if (endOfInput && !hasHeld() && channel.isOpen()) {
            channel.failures().peerClosed();
        }
        // A handler may have called read() in the meantime.
        if (!isWanted()) {
            channel.stopRead();
        }
    }
}
