/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads frames by one {@code read} each. */
final class SystemCallReads {

    private final TapChannel channel;
    private final TapEndpoint endpoint;
    private final ReceiveSlabs slabs;
    private final FrameCopier copier;
    private final int headroom;
    private final RestPolicy restPolicy;
    private final RestPolicy.Entry rest;

    /** Null for what is read by {@code read}. */
    private final PacketReceiver receiver;

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
        receiver = endpoint.newReceiver(channel.counters(), 1);
        this.slabs = slabs;
        this.copier = copier;
        this.headroom = headroom;
        this.rest = rest;
        restPolicy = channel.resources().restPolicy();
    }

    /**
     * Reads as many frames as a batch may have. A large frame is a batch of its own.
     *
     * @return whether the last frame was large
     */
    boolean readBatch() {
        ReceiveBatch reads = channel.readLoop();
        int before = headroom + (receiver == null ? 0 : receiver.room());
        int room = before + ReceiveSlabs.MAX_FRAME;
        int received = 0;
        boolean drained = false;
        boolean large = false;
        try {
            // Not wanted: autoRead was switched off by another thread, whose task has yet to come.
            boolean continuing = reads.isWanted();
            while (continuing) {
                ByteBuf slab = slabs.writable(room);
                int length = read(slab, slab.writerIndex() + before);
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
                if (receiver == null) {
                    reads.deliver(slabs.take(headroom, length, copier), length, ReceiveSlabs.MAX_FRAME);
                } else {
                    length = receiver.length(length);
                    int grown = receiver.complete(0, slab, slab.writerIndex() + before, length);
                    // What nothing was put into in front of the frame is more headroom.
                    reads.deliver(
                            slabs.take(before - grown, length + grown, copier), length + grown, Integer.MAX_VALUE);
                }
                large = length >= ReceiveSlabs.LARGE_FRAME;
                if (large) {
                    reads.complete();
                }
                // A full slab ends the turn, so that what was read is sent on while it is in the cache.
                continuing = received < channel.config().maxFramesPerRead()
                        && (large ? reads.isWanted() : reads.isContinuing())
                        && slabs.hasRoom(room);
            }
        } catch (Throwable cause) {
            reads.failed(cause);
        }
        reads.end();
        if (drained) {
            restPolicy.drained(rest);
        } else if (received >= channel.config().maxFramesPerRead() && !large) {
            restPolicy.full(rest);
        }
        return large;
    }

    /** Returns 0 if there is no frame and -1 if there will never be one. */
    private int read(ByteBuf buffer, int index) throws IOException {
        if (receiver != null) {
            return receiver.receive(buffer, index);
        }
        FileDescriptor fd = endpoint.readFd();
        if (buffer.hasMemoryAddress()) {
            return fd.readAddress(buffer.memoryAddress(), index, index + ReceiveSlabs.MAX_FRAME);
        }
        ByteBuffer nio = buffer.internalNioBuffer(index, ReceiveSlabs.MAX_FRAME);
        return fd.read(nio, nio.position(), nio.limit());
    }
}
