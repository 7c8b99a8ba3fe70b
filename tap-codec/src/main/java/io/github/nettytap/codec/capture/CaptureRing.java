/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A bounded queue of frames in one block of memory: any number of threads put copies in, one takes them out.
 *
 * <pre>
 *  one record, aligned to 8
 * +--------------------------+
 * | size of the record       |  0   0: claimed, not yet published; negative: padding up to the end of the ring
 * | bytes kept of the frame  |  4
 * | timestamp                |  8
 * | original length          | 16
 * | interface id             | 20
 * | direction | note? | note | 24
 * | the note: a virtio-net   |
 * | header of 10 bytes, and  | 26
 * | the offsets of a tunnel  | 36
 * +--------------------------+
 * | the frame                | 40
 * +--------------------------+
 * </pre>
 *
 * <p>The rule that is not obvious: free memory is always zero. A producer claims by moving the tail, and until it
 * publishes, the consumer sees a size of 0 there and waits; so the consumer clears what it has taken before it moves
 * the head. The design is the many-to-one ring buffer known from Agrona.
 *
 * <p>The memory is left to the garbage collector, since a handler on another thread may still be copying into it when
 * the capture ends.
 */
final class CaptureRing {

    static final int HEADER = 40;
    static final int KEPT = 4;
    static final int TIMESTAMP = 8;
    static final int ORIGINAL_LENGTH = 16;
    static final int INTERFACE = 20;
    static final int DIRECTION = 24;
    static final int HAS_NOTE = 25;
    static final int NOTE = 26;
    static final int NOTE_OUTER_TRANSPORT = 10;
    static final int NOTE_INNER_NETWORK = 12;

    private static final int ALIGNMENT = 8;
    private static final VarHandle SIZE = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    /** Indices of the counters, which stand two cache lines apart so that producers and consumer do not collide. */
    private static final int TAIL = 16;

    private static final int HEAD = 32;
    private static final int KNOWN_HEAD = 48;
    private static final int COUNTERS = 64;

    private final int capacity;
    private final int mask;
    private final ByteBuffer memory;
    private final AtomicLongArray counters = new AtomicLongArray(COUNTERS);

    /** Takes one record out of the ring. */
    interface Consumer {
        /**
         * Reads a record.
         *
         * @param ring the memory
         * @param record where the record starts
         * @return false to take no further record for now; this one is taken in any case
         */
        boolean accept(ByteBuf ring, int record) throws Exception;
    }

    CaptureRing(int capacity) {
        if (Integer.bitCount(capacity) != 1 || capacity < 4 * ALIGNMENT) {
            throw new IllegalArgumentException("ring capacity: bytes=" + capacity + " (expected: a power of two)");
        }
        this.capacity = capacity;
        this.mask = capacity - 1;
        this.memory = ByteBuffer.allocateDirect(capacity + ALIGNMENT)
                .alignedSlice(ALIGNMENT)
                .limit(capacity)
                .slice();
    }

    /** The longest frame that fits: so that any is taken when the ring is empty, wherever its tail stands. */
    static int maxFrameLength(int capacity) {
        return capacity / 2 - HEADER;
    }

    /**
     * A view of the memory for one thread. Each needs its own, since a buffer may use an internal ByteBuffer to copy.
     */
    ByteBuf newView() {
        return Unpooled.wrappedBuffer(memory.duplicate()).clear();
    }

    /** Claims a record for a frame of this length: its index, or -1 if the ring is full. */
    int claim(int frameLength) {
        int size = size(frameLength);
        while (true) {
            long tail = counters.get(TAIL);
            int index = (int) tail & mask;
            int padding = size > capacity - index ? capacity - index : 0;
            long newTail = tail + padding + size;
            if (newTail - counters.get(KNOWN_HEAD) > capacity) {
                long head = counters.get(HEAD);
                if (newTail - head > capacity) {
                    return -1;
                }
                // Racing producers may set it back; it is only ever too low, which costs one more look.
                counters.lazySet(KNOWN_HEAD, head);
            }
            if (counters.compareAndSet(TAIL, tail, newTail)) {
                if (padding > 0) {
                    SIZE.setRelease(memory, index, -padding);
                    return 0;
                }
                return index;
            }
        }
    }

    /** Hands a claimed and filled record over. */
    void publish(int record, int frameLength) {
        SIZE.setRelease(memory, record, size(frameLength));
    }

    /** Hands a claimed record over that could not be filled. */
    void discard(int record, int frameLength) {
        SIZE.setRelease(memory, record, -size(frameLength));
    }

    /** How many bytes are in use, roughly while producers are at work. */
    long used() {
        return counters.get(TAIL) - counters.get(HEAD);
    }

    /**
     * Takes frames until there are none, one is not yet published, the limit is reached, or the consumer has enough;
     * returns how many.
     */
    int drain(ByteBuf view, Consumer consumer, int limit) throws Exception {
        long head = counters.get(HEAD);
        int taken = 0;
        boolean more = true;
        while (more && taken < limit) {
            int index = (int) head & mask;
            int size = (int) SIZE.getAcquire(memory, index);
            if (size == 0) {
                break;
            }
            try {
                if (size > 0) {
                    taken++;
                    more = consumer.accept(view, index);
                }
            } finally {
                int length = Math.abs(size);
                view.setZero(index, length);
                head += length;
                counters.lazySet(HEAD, head);
            }
        }
        return taken;
    }

    private static int size(int frameLength) {
        return HEADER + frameLength + ALIGNMENT - 1 & -ALIGNMENT;
    }
}
