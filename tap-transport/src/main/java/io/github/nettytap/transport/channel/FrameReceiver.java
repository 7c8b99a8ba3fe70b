/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;

/**
 * Where the next frame is read to, and how it becomes a buffer of its own.
 *
 * <p>Used as {@code prepare}, one read into {@link #buffer()} at {@link #index()}, then either {@code take} or
 * {@code cancel}. On the event loop only.
 */
abstract class FrameReceiver {

    /** Makes room for the largest frame. */
    abstract void prepare();

    /** The buffer to read into; direct. */
    abstract ByteBuf buffer();

    /** The absolute index at which the frame is to start. */
    abstract int index();

    /** How many bytes the frame may have; one that has this many may have been cut. */
    abstract int room();

    /** The frame just read, a buffer that the caller owns. */
    abstract ByteBuf take(int length);

    /** Nothing was read. */
    abstract void cancel();

    /** Whether the batch should go on: false asks for a {@code channelReadComplete} first, so that memory stays hot. */
    abstract boolean hasRoom();

    /** The channel leaves its event loop. */
    abstract void release();
}
