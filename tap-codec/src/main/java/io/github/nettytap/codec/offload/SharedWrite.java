/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

import java.util.Arrays;

/** The write of a GSO frame, which is the write of each frame that it was made of. */
final class SharedWrite implements ChannelFutureListener {

    private final ChannelPromise[] promises;

    private SharedWrite(ChannelPromise[] promises) {
        this.promises = promises;
    }

    /** Makes the promise of a write that completes these. Who wrote with void promises only costs no object. */
    static ChannelPromise promise(ChannelHandlerContext ctx, ChannelPromise[] promises, int count) {
        for (int i = 0; i < count; i++) {
            if (!promises[i].isVoid()) {
                SharedWrite write = new SharedWrite(Arrays.copyOf(promises, count));
                return ctx.newPromise().addListener(write);
            }
        }
        return promises[0];
    }

    @Override
    public void operationComplete(ChannelFuture written) {
        for (ChannelPromise promise : promises) {
            if (written.isSuccess()) {
                promise.trySuccess();
            } else {
                promise.tryFailure(written.cause());
            }
        }
    }
}
