/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.socket.DatagramPacket;

/**
 * Joins the contents of datagrams without a copy: as the memory that they are slices of, if they stand side by side.
 */
final class Contiguous {

    private Contiguous() {}

    /**
     * Takes the datagrams out of an array and joins their contents. If this throws, those still there are the caller's.
     *
     * @param alloc where a composite comes from
     * @param packets the array, two datagrams or more; released but for their contents, and set to null
     * @param count how many datagrams
     * @param total their bytes
     */
    static ByteBuf join(ByteBufAllocator alloc, DatagramPacket[] packets, int count, int total) {
        ByteBuf joined = inOnePiece(packets, count, total);
        if (joined != null) {
            for (int i = 0; i < count; i++) {
                packets[i].release();
                packets[i] = null;
            }
            return joined;
        }
        CompositeByteBuf parts = alloc.compositeDirectBuffer(count);
        try {
            for (int i = 0; i < count; i++) {
                ByteBuf content = packets[i].content();
                packets[i] = null;
                parts.addComponent(true, content);
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            parts.release();
            throw e;
        }
        return parts;
    }

    private static ByteBuf inOnePiece(DatagramPacket[] packets, int count, int total) {
        ByteBuf first = packets[0].content();
        // Where leaks are looked for, a slice is wrapped in an object of its own, which has to see the last release.
        ByteBuf memory = first.unwrap();
        if (memory == null || !memory.hasMemoryAddress() || !first.hasMemoryAddress()) {
            return null;
        }
        long start = first.memoryAddress() + first.readerIndex();
        long next = start;
        for (int i = 0; i < count; i++) {
            ByteBuf content = packets[i].content();
            if (content.unwrap() != memory || content.memoryAddress() + content.readerIndex() != next) {
                return null;
            }
            next += content.readableBytes();
        }
        // All are slices of this memory, and so is what they cover together.
        return memory.retainedSlice((int) (start - memory.memoryAddress()), total);
    }
}
