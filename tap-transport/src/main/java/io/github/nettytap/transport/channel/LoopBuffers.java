/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBufAllocator;

/** The receive buffers that the channels of one event loop share which use the same allocator. */
final class LoopBuffers {

    private final LoopResources resources;
    private final ByteBufAllocator allocator;
    private final ReceiveSlabs slabs;
    private ReceiveSlots slots;
    private int users;

    LoopBuffers(LoopResources resources, ByteBufAllocator allocator) {
        this.resources = resources;
        this.allocator = allocator;
        slabs = new ReceiveSlabs(allocator);
    }

    void use() {
        users++;
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

    /** Called once for each {@link #use}. */
    void release() {
        if (--users == 0) {
            resources.forget(allocator);
            slabs.release();
            if (slots != null) {
                slots.release();
            }
        }
    }
}
