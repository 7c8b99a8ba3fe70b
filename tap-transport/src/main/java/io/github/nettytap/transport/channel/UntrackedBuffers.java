/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;

/**
 * Allocates the long-lived buffers that frames are cut from.
 *
 * <p>At its default level the leak detector samples one buffer in 128. If a receive buffer were the one, every frame
 * cut from it would be tracked too, at several times the cost, for as long as the loop lives. So an unlucky draw is
 * repeated once; at the higher levels, which the user has chosen, everything is tracked as asked.
 */
final class UntrackedBuffers {

    private UntrackedBuffers() {}

    static ByteBuf allocate(ByteBufAllocator allocator, int size) {
        ByteBuf buffer = allocator.directBuffer(size, size);
        boolean tracked = buffer.unwrap() != null;
        if (!tracked || ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.SIMPLE) {
            return buffer;
        }
        buffer.release();
        return allocator.directBuffer(size, size);
    }
}
