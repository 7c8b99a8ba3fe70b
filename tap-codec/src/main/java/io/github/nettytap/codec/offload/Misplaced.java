/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.VirtioNetOption;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * Handlers of {@code VirtioNetFrame}s say so when they are given header and frame in one buffer, which nobody would do.
 */
final class Misplaced {

    private Misplaced() {}

    /**
     * Passes a message on that is no {@code VirtioNetFrame}.
     *
     * @throws IllegalStateException if it is a frame behind its virtio-net header; it is released
     */
    static void pass(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf && VirtioNetOption.header(ctx.channel()).isPresent()) {
            ((ByteBuf) message).release();
            throw new IllegalStateException(ctx.handler().getClass().getSimpleName()
                    + " got a ByteBuf from a channel with virtio-net headers (expected: VirtioNetFrame; put a"
                    + " VirtioNetCodec in front of this handler)");
        }
        ctx.fireChannelRead(message);
    }
}
