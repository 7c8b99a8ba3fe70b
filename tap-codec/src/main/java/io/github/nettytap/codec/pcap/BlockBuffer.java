/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;

/**
 * Where the blocks of a file gather until they are handed to its channel, whole blocks at a time.
 *
 * <p>The memory is a MiB outside the heap. It serves all files of a rotation one after the other and is given back when
 * the last one is closed, not whenever the garbage collector finds it. For one thread.
 */
final class BlockBuffer implements Closeable {

    private static final int CAPACITY = 4 * PcapngWriter.MAX_SNAP_LENGTH;
    /** No file system asks for more, and a buffer aligned to it is aligned for all. */
    private static final int MAX_ALIGNMENT = 64 << 10;

    private final ByteBuf memory = UnpooledByteBufAllocator.DEFAULT.directBuffer(CAPACITY + MAX_ALIGNMENT);
    private ByteBuffer block = memory.nioBuffer(0, memory.capacity())
            .alignedSlice(MAX_ALIGNMENT)
            .limit(CAPACITY)
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN);
    private ByteBuf view = Unpooled.wrappedBuffer(block.duplicate());
    private WritableByteChannel channel;
    private int alignment;
    /** Where in the buffer that begins which the channel does not have yet. */
    private int start;

    private long flushed;

    BlockBuffer(WritableByteChannel channel) {
        use(channel);
    }

    private void use(WritableByteChannel next) {
        channel = next;
        alignment = next instanceof AlignedChannel ? ((AlignedChannel) next).alignment() : 1;
        start = 0;
        flushed = 0;
        block.clear();
    }

    /** The buffer to write to, with room for a block of this length. */
    ByteBuffer makeRoom(int length) throws IOException {
        if (block == null) {
            throw new ClosedChannelException();
        }
        if (block.remaining() < length) {
            flush();
        }
        return block;
    }

    /** Copies bytes of a frame to the position of the buffer, for which there must be room. */
    void put(ByteBuf source, int index, int length) {
        source.getBytes(index, view, block.position(), length);
        block.position(block.position() + length);
    }

    /** Hands bytes to the channel that the buffer may have no room for, after all that is in it. */
    void write(ByteBuffer bytes) throws IOException {
        flush();
        while (bytes.hasRemaining()) {
            flushed += channel.write(bytes);
        }
        align();
    }

    /** The longest block that {@link #makeRoom} makes room for, wherever the file ends now. */
    static int maxLength() {
        return CAPACITY - MAX_ALIGNMENT;
    }

    /** How long the file is with all that is in the buffer. */
    long size() {
        return block == null ? flushed : flushed + block.position() - start;
    }

    void flush() throws IOException {
        if (block == null) {
            throw new ClosedChannelException();
        }
        int end = block.position();
        block.limit(end).position(start);
        try {
            while (block.hasRemaining()) {
                flushed += channel.write(block);
            }
        } finally {
            start = block.position();
            block.clear().position(end);
        }
        align();
    }

    /** Bytes lie in memory as far from a multiple of the alignment as they will in the file. */
    private void align() {
        start = (int) (flushed & alignment - 1);
        block.clear().position(start);
    }

    /** Flushes, closes the channel, and goes on with another. */
    void moveTo(WritableByteChannel next) throws IOException {
        try (WritableByteChannel old = channel) {
            if (old.isOpen()) {
                flush();
            }
        } finally {
            if (block != null) {
                use(next);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (block == null) {
            return;
        }
        try (WritableByteChannel open = channel) {
            if (open.isOpen()) {
                flush();
            }
        } finally {
            block = null;
            view = null;
            memory.release();
        }
    }
}
