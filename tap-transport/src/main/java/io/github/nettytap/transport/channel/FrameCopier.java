/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;

/**
 * Copies frames out of the receive buffers of a loop into buffers of their own.
 *
 * <p>Frames are slices of the receive buffers as a rule. They are copied while consumers pin too many of those, and all
 * are where the user has set a {@link RecvByteBufAllocator}: a frame is as long as it is, whatever such an allocator
 * guesses, and a read into too small a buffer would cut it without a word. So the buffer is allocated when the length
 * is known, and grows if need be.
 */
final class FrameCopier {

    private final ByteBufAllocator allocator;
    private final RecvByteBufAllocator.ExtendedHandle handle;
    private final int headroom;

    /**
     * @param allocator allocates the copies, direct ones if the handle asks for any kind
     * @param handle of the user's receive allocator, null if there is none
     * @param headroom bytes to keep free in front of each frame
     */
    FrameCopier(ByteBufAllocator allocator, RecvByteBufAllocator.ExtendedHandle handle, int headroom) {
        this.allocator = allocator;
        this.handle = handle;
        this.headroom = headroom;
    }

    /** Whether every frame is to be copied. */
    boolean isForEveryFrame() {
        return handle != null;
    }

    /**
     * Copies a frame.
     *
     * @return a buffer whose reader index is behind the headroom; the caller's to release
     */
    ByteBuf copy(ByteBuf source, int index, int length) {
        int size = headroom + length;
        ByteBuf copy = handle == null ? allocator.directBuffer(size) : handle.allocate(allocator);
        try {
            return copy.ensureWritable(size).setIndex(headroom, headroom).writeBytes(source, index, length);
        } catch (Throwable cause) {
            copy.release();
            throw cause;
        }
    }
}
