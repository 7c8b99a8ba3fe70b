/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The receive buffers that the channels of one event loop share, one set for each allocator in use.
 *
 * <p>Kept by the loop's thread, so that an idle port costs no receive buffer on any kind of group. They go with the last
 * channel that uses them, as far as no frame holds them.
 */
final class LoopBuffers {

    private static final FastThreadLocal<Map<ByteBufAllocator, LoopBuffers>> OF_THREAD = new FastThreadLocal<>() {
        @Override
        protected Map<ByteBufAllocator, LoopBuffers> initialValue() {
            return new IdentityHashMap<>(1);
        }
    };

    private final ByteBufAllocator allocator;
    private final ReceiveSlabs slabs;
    private ReceiveSlots slots;
    private int users;

    private LoopBuffers(ByteBufAllocator allocator) {
        this.allocator = allocator;
        slabs = new ReceiveSlabs(allocator);
    }

    /** Called on the loop's thread, once for each channel that starts to use the loop. */
    static LoopBuffers acquire(ByteBufAllocator allocator) {
        LoopBuffers buffers = OF_THREAD.get().computeIfAbsent(allocator, LoopBuffers::new);
        buffers.users++;
        return buffers;
    }

    /** For reads by system call. */
    ReceiveSlabs slabs() {
        return slabs;
    }

    /** For reads in batches through io_uring. */
    ReceiveSlots slots() {
        if (slots == null) {
            slots = new ReceiveSlots(allocator);
        }
        return slots;
    }

    /** Called on the loop's thread, once for each {@link #acquire}. */
    void release() {
        if (--users == 0) {
            OF_THREAD.get().remove(allocator);
            slabs.release();
            if (slots != null) {
                slots.release();
            }
        }
    }
}
