/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The receive buffers of one event loop: a few large slabs that frames are read into one after the other, and that are
 * handed out as retained slices.
 *
 * <p>A frame's length is known only once it is read, and a buffer too small cuts the frame without a word, so every
 * read needs room for the largest frame there is, most of which is then not used. A slab gives that room without
 * keeping it: the next frame starts where the last one ended. As soon as nobody holds a slice of the slab any more it
 * is rewound, so that in the usual case, where frames are forwarded at once, the same memory stays in the cache.
 *
 * <p><b>Bound.</b> A frame that a consumer keeps pins its whole slab. When {@value #FREE_SLABS} slabs are pinned,
 * frames are read into one more slab and copied into buffers of their own size, which cost what they hold and pin
 * nothing. For each slab's worth of bytes that were copied there is one more slab, so that a few frames that are kept
 * for good do not slow the loop down for good; up to {@value #MAX_SLABS} slabs of {@value #SLAB_SIZE} bytes. So a loop
 * never has more than {@code (MAX_SLABS + 1) * SLAB_SIZE} bytes of slabs, however many frames are kept.
 *
 * <p>Used by the loop's thread only. Slices may be released by any thread.
 */
final class ReceiveSlabs {

    /**
     * The largest frame that a TAP hands over: virtio-net header (24), Ethernet (14), two VLAN tags (8), IP (65,535).
     */
    static final int MAX_FRAME = 24 + 14 + 8 + 65_535;

    static final int SLAB_SIZE = 256 * 1024;

    /**
     * From here on a frame is large: it is sent on before the next is read, which then goes to the same memory while
     * that is in the cache of the processor. A system call of its own costs little beside its bytes.
     */
    static final int LARGE_FRAME = 16 * 1024;

    /** How many slabs may be pinned before frames are copied. */
    static final int FREE_SLABS = 8;

    static final int MAX_SLABS = 64;

    /** How many pinned slabs are looked at for one that has come back, each time that one is needed. */
    private static final int LOOK_AHEAD = 8;

    private final ByteBufAllocator allocator;
    private final ByteBuf[] slabs = new ByteBuf[MAX_SLABS];
    private int count;
    private int lookedAt;
    private int copied;
    private ByteBuf current;
    private ByteBuf copySource;

    ReceiveSlabs(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * The slab to read the next frame into, from its writer index on.
     *
     * @param room the bytes that must be writable there
     */
    ByteBuf writable(int room) {
        ByteBuf slab = current;
        if (slab != null && slab != copySource) {
            if (slab.refCnt() == 1) {
                return slab.clear();
            }
            if (slab.writableBytes() >= room) {
                return slab;
            }
        }
        return next();
    }

    /** Whether one more frame fits into the current slab, behind the others or in place of those that are gone. */
    boolean hasRoom(int room) {
        return isCopying() || current.refCnt() == 1 || current.writableBytes() >= room;
    }

    private ByteBuf next() {
        for (int i = Math.min(count, LOOK_AHEAD); i > 0; i--) {
            lookedAt = (lookedAt + 1) % count;
            if (slabs[lookedAt].refCnt() == 1) {
                return current = slabs[lookedAt].clear();
            }
        }
        if (count < FREE_SLABS || count < MAX_SLABS && copied >= SLAB_SIZE) {
            // Counted when it is there: there may be no memory for it.
            ByteBuf slab = allocate();
            slabs[count++] = slab;
            copied = 0;
            return current = slab;
        }
        if (copySource == null) {
            copySource = allocate();
        }
        return current = copySource.clear();
    }

    private ByteBuf allocate() {
        return UntrackedBuffers.allocate(allocator, SLAB_SIZE);
    }

    /** Whether the frames just read have to be copied, since too many slabs are pinned. */
    boolean isCopying() {
        return copySource != null && current == copySource;
    }

    /**
     * Takes the frame that was read at the writer index of {@link #writable}, past the headroom.
     *
     * @return a buffer of {@code headroom + length} bytes, its reader index behind the headroom; the caller's to
     *     release
     */
    ByteBuf take(int headroom, int length, FrameCopier copier) {
        ByteBuf slab = current;
        int start = slab.writerIndex();
        if (isCopying() || copier.isForEveryFrame()) {
            copied = Math.min(copied + length, SLAB_SIZE);
            return copier.copy(slab, start + headroom, length);
        }
        int size = headroom + length;
        slab.writerIndex(start + size);
        return slab.retainedSlice(start, size).setIndex(headroom, size);
    }

    /** Lets go of the slabs; frames that are still held keep theirs alive. */
    void release() {
        for (int i = 0; i < count; i++) {
            slabs[i].release();
            slabs[i] = null;
        }
        if (copySource != null) {
            copySource.release();
            copySource = null;
        }
        count = 0;
        lookedAt = 0;
        current = null;
    }
}
