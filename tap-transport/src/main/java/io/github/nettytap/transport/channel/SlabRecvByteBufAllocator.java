/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/** The default {@code RECVBUF_ALLOCATOR} of a {@link TapChannel}, which stands for its receive slabs. */
final class SlabRecvByteBufAllocator extends DefaultMaxMessagesRecvByteBufAllocator {

    @Override
    @SuppressWarnings("deprecation")
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return ReceiveSlabs.MAX_FRAME;
            }
        };
    }
}
