/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The receive buffers of an io_uring event loop: one slot for each read that is in flight.
 *
 * <p>Reads of a batch complete together, each with a length that nobody knew, so each needs room for the largest frame
 * and they cannot share a slab. A slot is as large as that, but costs memory only where a frame was written. A slot is
 * in flight (the kernel may write to it), lent (somebody holds the frame in it), or free.
 *
 * <p><b>Bound.</b> A frame that a consumer keeps pins its slot. At most {@value #MAX_LENT} slots are lent; beyond that,
 * frames are copied out into buffers of their own size. No more than {@value #MAX_SLOTS} slots exist for a loop.
 *
 * <p>Used by the loop's thread only. Frames may be released by any thread.
 */
final class ReceiveSlots {

    static final int NONE = -1;

    static final int MAX_SLOTS = 320;

    static final int MAX_LENT = 256;

    /** How many lent slots are looked at for one that has come back before a new one is made. */
    private static final int LOOK_AHEAD = 4;

    /** Buffers of one size class start at the same place of a page; this spreads them over the sets of the cache. */
    private static final int STAGGER = 1_600;

    private static final int PAGE = 4_096;

    private static final int CACHE_LINE = 64;

    private static final int SLOT_SIZE = ReceiveSlabs.MAX_FRAME + PAGE + 1_024;

    private final ByteBufAllocator allocator;
    private final ByteBuf[] buffers = new ByteBuf[MAX_SLOTS];
    private final long[] addresses = new long[MAX_SLOTS];
    private final int[] free = new int[MAX_SLOTS];
    private final int[] lent = new int[MAX_SLOTS];
    private int count;
    private int freeCount;
    private int lentHead;
    private int lentCount;

    ReceiveSlots(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** Takes a slot for a read, or {@link #NONE} if all are in flight or lent. */
    int acquire() {
        if (freeCount > 0) {
            return free[--freeCount];
        }
        int slot = reclaim(Math.min(lentCount, LOOK_AHEAD));
        if (slot != NONE) {
            return slot;
        }
        return count < MAX_SLOTS ? allocate() : reclaim(lentCount);
    }

    /** The slot that was lent first is the likeliest to be back; one that is not goes to the end of the queue. */
    private int reclaim(int looks) {
        for (int i = 0; i < looks; i++) {
            int slot = lent[lentHead];
            lentHead = (lentHead + 1) % MAX_SLOTS;
            if (buffers[slot].refCnt() == 1) {
                lentCount--;
                return slot;
            }
            lent[(lentHead + lentCount - 1) % MAX_SLOTS] = slot;
        }
        return NONE;
    }

    private int allocate() {
        ByteBuf buffer = UntrackedBuffers.allocate(allocator, SLOT_SIZE);
        addresses[count] = NativeAddress.of(buffer, 0, SLOT_SIZE);
        buffers[count] = buffer;
        return count++;
    }

    /** Where the frame area of the slot starts, headroom included. */
    long address(int slot) {
        return addresses[slot] + offset(slot);
    }

    private static int offset(int slot) {
        return slot * STAGGER % PAGE & -CACHE_LINE;
    }

    /** The buffer of the slot, whose frame area starts at {@link #start}. */
    ByteBuf buffer(int slot) {
        return buffers[slot];
    }

    int start(int slot) {
        return offset(slot);
    }

    /** Nothing was read into the slot. */
    void giveBack(int slot) {
        free[freeCount++] = slot;
    }

    /** Whether the next frame will be copied. */
    boolean isCopying() {
        return lentCount >= MAX_LENT;
    }

    /**
     * Takes the frame that was read into the slot, behind the headroom. The slot is the caller's no longer, even if
     * there is no memory to copy the frame.
     *
     * @return a buffer of {@code headroom + length} bytes, its reader index behind the headroom; the caller's to
     *     release
     */
    ByteBuf take(int slot, int headroom, int length, FrameCopier copier) {
        ByteBuf buffer = buffers[slot];
        int start = offset(slot);
        if (isCopying() || copier.isForEveryFrame()) {
            // Nothing is read into it before this returns.
            giveBack(slot);
            return copier.copy(buffer, start + headroom, length);
        }
        lent[(lentHead + lentCount++) % MAX_SLOTS] = slot;
        return buffer.retainedSlice(start, headroom + length).setIndex(headroom, headroom + length);
    }

    /** Lets go of the slots, none of which is in flight; frames that are still held keep theirs alive. */
    void release() {
        for (int i = 0; i < count; i++) {
            buffers[i].release();
            buffers[i] = null;
        }
        count = 0;
        freeCount = 0;
        lentCount = 0;
    }
}
