/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;

/** Reads frames into the slabs that the channels of an event loop share. */
final class SlabReceiver extends FrameReceiver {

    private final LoopBuffers buffers;
    private final ReceiveSlabs slabs;
    private final int headroom;
    private final int room;
    private final TapCounters.Counter framesCopied;
    private ByteBuf slab;

    /**
     * @param buffers acquired for this receiver, which releases them
     * @param headroom bytes to keep free in front of each frame
     * @param room bytes of the largest frame
     * @param framesCopied counts the frames that were copied since too many slabs are pinned
     */
    SlabReceiver(LoopBuffers buffers, int headroom, int room, TapCounters.Counter framesCopied) {
        this.buffers = buffers;
        slabs = buffers.slabs();
        this.headroom = headroom;
        this.room = room;
        this.framesCopied = framesCopied;
    }

    @Override
    void prepare() {
        slab = slabs.writable(headroom + room);
    }

    @Override
    ByteBuf buffer() {
        return slab;
    }

    @Override
    int index() {
        return slab.writerIndex() + headroom;
    }

    @Override
    int room() {
        return room;
    }

    @Override
    ByteBuf take(int length) {
        if (slabs.isCopying()) {
            framesCopied.increment();
        }
        return slabs.take(headroom, length);
    }

    @Override
    void cancel() {
        // The slab stays as it is.
    }

    @Override
    boolean hasRoom() {
        return slabs.hasRoom(headroom + room);
    }

    @Override
    void release() {
        buffers.release();
    }
}
