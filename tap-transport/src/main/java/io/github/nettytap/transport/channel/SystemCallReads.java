/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads a batch of frames by one {@code read} each. */
final class SystemCallReads {

    private final TapChannel channel;
    private final TapEndpoint endpoint;
    private final ReceiveSlabs slabs;
    private final FrameCopier copier;
    private final int headroom;
    private final RestPolicy restPolicy;
    private final RestPolicy.Entry rest;

    /** @param rest of the channel, for the policy of its loop, which is told how each batch ended */
    SystemCallReads(
            TapChannel channel,
            TapEndpoint endpoint,
            ReceiveSlabs slabs,
            FrameCopier copier,
            int headroom,
            RestPolicy.Entry rest) {
        this.channel = channel;
        this.endpoint = endpoint;
        this.slabs = slabs;
        this.copier = copier;
        this.headroom = headroom;
        this.rest = rest;
        restPolicy = channel.resources().restPolicy();
    }

    void readBatch() {
        ReceiveBatch reads = channel.readLoop();
        int room = headroom + ReceiveSlabs.MAX_FRAME;
        int received = 0;
        boolean drained = false;
        try {
            // Not wanted: autoRead was switched off by another thread, whose task has yet to come.
            boolean continuing = reads.isWanted();
            while (continuing) {
                ByteBuf slab = slabs.writable(room);
                int length = read(slab, slab.writerIndex() + headroom);
                if (length <= 0) {
                    channel.counters().receiveWouldBlock.increment();
                    drained = true;
                    if (length < 0) {
                        reads.endOfInput();
                    }
                    break;
                }
                if (slabs.isCopying()) {
                    channel.counters().framesCopied.increment();
                }
                received++;
                reads.deliver(slabs.take(headroom, length, copier), length, ReceiveSlabs.MAX_FRAME);
                // A full slab ends the batch, so that what was read is sent on while it is in the cache.
                continuing = reads.isContinuing() && slabs.hasRoom(room);
            }
        } catch (Throwable cause) {
            reads.failed(cause);
        }
        reads.end();
        if (drained) {
            restPolicy.drained(rest);
        } else if (received >= channel.config().maxFramesPerRead()) {
            restPolicy.full(rest);
        }
    }

    /** Returns 0 if there is no frame and -1 if there will never be one. */
    private int read(ByteBuf buffer, int index) throws IOException {
        FileDescriptor fd = endpoint.readFd();
        if (buffer.hasMemoryAddress()) {
            return fd.readAddress(buffer.memoryAddress(), index, index + ReceiveSlabs.MAX_FRAME);
        }
        ByteBuffer nio = buffer.internalNioBuffer(index, ReceiveSlabs.MAX_FRAME);
        return fd.read(nio, nio.position(), nio.limit());
    }
}
