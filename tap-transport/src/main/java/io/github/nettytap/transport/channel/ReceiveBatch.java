/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * One batch of received frames: how many, when to stop, what the pipeline and the counters are told.
 *
 * <p>Used as {@code begin}, then {@code deliver} for each frame while {@code isContinuing}, then {@code end}. What it
 * counts on is not the number of bytes read: on a device of frames a short read says nothing about there being more.
 */
final class ReceiveBatch {

    private final TapChannel channel;
    private final TapCounters counters;
    private final RecvByteBufAllocator.ExtendedHandle handle;
    private final int vnetHeaderSize;

    private boolean readPending;
    private int delivered;
    private boolean endOfInput;
    private Throwable failure;

    /** Frames that were read in one batch with one during whose delivery reading was stopped; null if there never were any. */
    private Queue<ByteBuf> held;

    ReceiveBatch(TapChannel channel, RecvByteBufAllocator.ExtendedHandle handle, int vnetHeaderSize) {
        this.channel = channel;
        this.handle = handle;
        this.vnetHeaderSize = vnetHeaderSize;
        counters = channel.counters();
    }

    /** {@code read()} was called, or is implied by autoRead. */
    void want() {
        readPending = true;
    }

    void forget() {
        readPending = false;
    }

    boolean isWanted() {
        return channel.isDelivering() && (readPending || channel.config().isAutoRead());
    }

    void begin() {
        delivered = 0;
        endOfInput = false;
        failure = null;
        handle.reset(channel.config());
    }

    /**
     * A frame goes up the pipeline, which owns it from now on.
     *
     * @param length the bytes that were read
     * @param room the bytes that there was room for
     */
    void deliver(ByteBuf frame, int length, int room) {
        if (length == room) {
            counters.framesTruncated.increment();
        }
        counters.framesReceived.increment();
        counters.bytesReceived.add(length - vnetHeaderSize);
        delivered++;
        handle.lastBytesRead(length);
        handle.incMessagesRead(1);
        readPending = false;
        channel.pipeline().fireChannelRead(frame);
    }

    /** A frame that was read already, but is not wanted now. */
    void hold(ByteBuf frame) {
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
        begin();
        try {
            while (hasHeld()) {
                ByteBuf frame = held.remove();
                deliver(frame, frame.readableBytes(), Integer.MAX_VALUE);
                if (!isContinuing()) {
                    break;
                }
            }
        } catch (Throwable cause) {
            failed(cause);
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
        return channel.isDelivering() && handle.continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER);
    }

    void failed(Throwable cause) {
        failure = cause;
    }

    void end() {
        if (delivered > 0) {
            counters.receiveBatches.increment();
        }
        handle.readComplete();
        channel.pipeline().fireChannelReadComplete();
        if (failure instanceof IOException) {
            channel.readFailed((IOException) failure);
        } else if (failure != null) {
            channel.pipeline().fireExceptionCaught(failure);
        } else if (endOfInput && channel.isOpen()) {
            channel.peerClosed();
        }
        // A handler may have called read() in the meantime, which set readPending again.
        if (!isWanted()) {
            channel.stopRead();
        }
    }
}
