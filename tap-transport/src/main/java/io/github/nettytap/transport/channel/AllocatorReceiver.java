/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;

/**
 * Reads each frame into a buffer of its own from the {@link RecvByteBufAllocator} that the user has set.
 *
 * <p>The allocator was checked when the channel was bound; should it later hand out a buffer that is too small, the
 * buffer is enlarged rather than the frame cut.
 */
final class AllocatorReceiver extends FrameReceiver {

    private final RecvByteBufAllocator.ExtendedHandle handle;
    private final ByteBufAllocator allocator;
    private final int headroom;
    private final int minimumRoom;
    private ByteBuf buffer;

    AllocatorReceiver(
            RecvByteBufAllocator.ExtendedHandle handle, ByteBufAllocator allocator, int headroom, int minimumRoom) {
        this.handle = handle;
        this.allocator = allocator;
        this.headroom = headroom;
        this.minimumRoom = minimumRoom;
    }

    @Override
    void prepare() {
        buffer = handle.allocate(allocator);
        buffer.ensureWritable(headroom + minimumRoom).setIndex(headroom, headroom);
    }

    @Override
    ByteBuf buffer() {
        return buffer;
    }

    @Override
    int index() {
        return headroom;
    }

    @Override
    int room() {
        return buffer.writableBytes();
    }

    @Override
    ByteBuf take(int length) {
        ByteBuf frame = buffer.writerIndex(headroom + length);
        buffer = null;
        return frame;
    }

    @Override
    void cancel() {
        buffer.release();
        buffer = null;
    }

    @Override
    boolean hasRoom() {
        return true;
    }

    @Override
    void release() {
        if (buffer != null) {
            cancel();
        }
    }
}
