/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;

import java.nio.ByteBuffer;

/**
 * Sums the bytes of slices in the memory that they are slices of.
 *
 * <p>The frames of a burst are mostly slices of one slab. A slice makes a new NIO view of its memory each time that it
 * is asked for one, which is garbage, so {@link InternetChecksum} copies its bytes out first; here one view of the slab
 * serves the whole burst.
 *
 * <p>Right as long as somebody holds a frame of the slab, so {@link #forget()} comes before the frames are released.
 */
final class SlabView {

    private ByteBuf slab;
    private long address;
    private int capacity;
    private ByteBuffer memory;
    private int base;

    int sum(ByteBuf buffer, int index, int length) {
        int at = locate(buffer, index);
        return at < 0 ? InternetChecksum.sum(buffer, index, length) : InternetChecksum.sum(memory, at, length);
    }

    /** Where a byte of a buffer is in {@link #memory()}, or -1 if the buffer has no address. */
    int locate(ByteBuf buffer, int index) {
        if (!buffer.hasMemoryAddress()) {
            return -1;
        }
        ByteBuf root = buffer;
        for (ByteBuf next = root.unwrap(); next != null; next = root.unwrap()) {
            root = next;
        }
        if (root == buffer) {
            // No slice, so it has a view of its own, which costs nothing.
            slab = null;
            memory = buffer.internalNioBuffer(0, buffer.capacity());
            return memory.position() + index;
        }
        // A pooled buffer that was released and taken anew is the same object, elsewhere; one that grew may be where it
        // was.
        if (root != slab || root.memoryAddress() != address || root.capacity() != capacity) {
            slab = root;
            address = root.memoryAddress();
            capacity = root.capacity();
            memory = root.nioBuffer(0, capacity);
            base = memory.position();
        }
        return base + (int) (buffer.memoryAddress() - address) + index;
    }

    /** The memory of the buffer that was last located, big-endian. */
    ByteBuffer memory() {
        return memory;
    }

    void forget() {
        slab = null;
        memory = null;
    }
}
