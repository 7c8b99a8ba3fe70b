/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class ReceiveSlabsTest {

    private static final int ROOM = ReceiveSlabs.MAX_FRAME;

    private final CountingAllocator allocator = new CountingAllocator();
    private final ReceiveSlabs slabs = new ReceiveSlabs(allocator);
    private final List<ByteBuf> kept = new ArrayList<>();

    @AfterEach
    void release() {
        kept.forEach(ByteBuf::release);
        slabs.release();
    }

    /** As a channel does: room for the largest frame, a short frame read into it. */
    private ByteBuf receive(int number, int length) {
        ByteBuf slab = slabs.writable(ROOM);
        assertThat(slab.writableBytes()).isGreaterThanOrEqualTo(ROOM);
        slab.setInt(slab.writerIndex(), number);
        return slabs.take(0, length, new FrameCopier(allocator, null, 0));
    }

    @Test
    void framesThatAreReleasedAtOnceUseTheSameMemoryAgain() {
        ByteBuf first = receive(1, 1_514);
        long address = first.memoryAddress();
        first.release();
        for (int i = 0; i < 1_000; i++) {
            ByteBuf frame = receive(i, 60 + i);
            assertThat(frame.memoryAddress()).isEqualTo(address);
            frame.release();
        }
    }

    @Test
    void framesOfABatchFollowEachOther() {
        ByteBuf first = receive(1, 1_000);
        ByteBuf second = receive(2, 1_000);
        assertThat(second.memoryAddress()).isEqualTo(first.memoryAddress() + 1_000);
        kept.add(first);
        kept.add(second);
    }

    @Test
    void aBatchEndsWhenTheSlabHasNoRoomForTheLargestFrame() {
        kept.add(receive(1, ROOM));
        kept.add(receive(2, ROOM));
        kept.add(receive(3, ROOM));
        assertThat(slabs.hasRoom(ROOM)).isFalse();
    }

    /**
     * The stated bound: one small frame kept in a thousand pins no more than MAX_SLABS slabs, and none is overwritten.
     */
    @Test
    void keptFramesPinNoMoreThanTheBound() {
        for (int i = 0; i < 200_000; i++) {
            ByteBuf frame = receive(i, 60);
            if (i % 1_000 == 0) {
                kept.add(frame);
            } else {
                frame.release();
            }
        }
        assertThat(kept).hasSize(200);
        for (int i = 0; i < kept.size(); i++) {
            assertThat(kept.get(i).getInt(0)).isEqualTo(i * 1_000);
        }
        // Each may have been drawn twice, to get one that the leak detector does not track.
        assertThat(allocator.slabs).isBetween(ReceiveSlabs.FREE_SLABS + 1, 2 * (ReceiveSlabs.MAX_SLABS + 1));
        assertThat(allocator.copies).isPositive();
        assertThat(allocator.largestCopy).isEqualTo(60);
    }

    @Test
    void copyingEndsWhenASlabComesBack() {
        while (!slabs.isCopying()) {
            kept.add(receive(kept.size(), ROOM));
        }
        int copies = allocator.copies;
        receive(-1, 60).release();
        assertThat(allocator.copies).isEqualTo(copies + 1);
        kept.forEach(ByteBuf::release);
        kept.clear();
        ByteBuf cut = receive(-2, 60);
        assertThat(slabs.isCopying()).isFalse();
        assertThat(allocator.copies).isEqualTo(copies + 1);
        cut.release();
    }

    /** Eight frames that are kept for good, one a slab: copying ends once it has cost as much as a slab. */
    @Test
    void keptFramesDoNotTurnToCopyingForGood() {
        while (!slabs.isCopying()) {
            kept.add(receive(kept.size(), ROOM));
        }
        int copies = allocator.copies;
        for (int i = 0; i < 2_000; i++) {
            receive(i, 1_514).release();
            assertThat(slabs.hasRoom(ROOM)).as("batches stay long").isTrue();
        }
        assertThat(slabs.isCopying()).isFalse();
        assertThat(allocator.copies - copies).isLessThan(2 * ReceiveSlabs.SLAB_SIZE / 1_514);
    }

    @Test
    void aSlabThatCannotBeAllocatedIsAskedForAgain() {
        allocator.failing = true;
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> slabs.writable(ROOM)).isInstanceOf(OutOfMemoryError.class);
        }
        allocator.failing = false;
        receive(1, 60).release();
    }

    @Test
    void framesOutliveTheSlabs() {
        ByteBuf frame = receive(42, 60);
        slabs.release();
        assertThat(frame.getInt(0)).isEqualTo(42);
        frame.release();
    }

    private static final class CountingAllocator extends AbstractByteBufAllocator {

        private int slabs;
        private int copies;
        private int largestCopy;
        private boolean failing;

        CountingAllocator() {
            super(true);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            if (failing) {
                throw new OutOfMemoryError("for the test");
            }
            if (initialCapacity == ReceiveSlabs.SLAB_SIZE) {
                slabs++;
            } else {
                copies++;
                largestCopy = Math.max(largestCopy, initialCapacity);
            }
            return UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
        }

        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            throw new AssertionError("a heap buffer for frames");
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }
}
