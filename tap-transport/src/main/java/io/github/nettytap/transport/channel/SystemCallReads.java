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
    private final FileDescriptor fd;
    private final FrameReceiver receiver;

    /** @param receiver released with this */
    SystemCallReads(TapChannel channel, FileDescriptor fd, FrameReceiver receiver) {
        this.channel = channel;
        this.fd = fd;
        this.receiver = receiver;
    }

    void readBatch() {
        ReceiveBatch reads = channel.readLoop();
        reads.begin();
        try {
            do {
                receiver.prepare();
                int room = receiver.room();
                int length = read(receiver.buffer(), receiver.index(), room);
                if (length <= 0) {
                    receiver.cancel();
                    channel.counters().receiveWouldBlock.increment();
                    if (length < 0) {
                        reads.endOfInput();
                    }
                    break;
                }
                reads.deliver(receiver.take(length), length, room);
            } while (reads.isContinuing() && receiver.hasRoom());
        } catch (Throwable cause) {
            reads.failed(cause);
        }
        reads.end();
    }

    /** Returns 0 if there is no frame and -1 if there will never be one. */
    private int read(ByteBuf buffer, int index, int room) throws IOException {
        if (buffer.hasMemoryAddress()) {
            return fd.readAddress(buffer.memoryAddress(), index, index + room);
        }
        ByteBuffer nio = buffer.internalNioBuffer(index, room);
        return fd.read(nio, nio.position(), nio.limit());
    }

    void release() {
        receiver.release();
    }
}
