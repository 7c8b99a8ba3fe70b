/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;

/**
 * One promise for the writes of all segments of a GSO frame: it counts the writes that are complete and, behind the
 * last, completes the promise of the GSO frame. A promise and a listener for each segment would cost more than the
 * segment.
 *
 * <p>Is not done before, so that a write that fails at once does not keep the segments behind it from being written.
 */
final class SegmentsPromise extends DefaultChannelPromise {

    private final ChannelPromise gsoFrame;
    private int pending = 1;
    private Throwable failure;

    SegmentsPromise(ChannelHandlerContext ctx, ChannelPromise gsoFrame) {
        super(ctx.channel(), ctx.executor());
        this.gsoFrame = gsoFrame;
    }

    /** The promise of the next segment's write. */
    ChannelPromise next() {
        if (gsoFrame.isVoid()) {
            return gsoFrame;
        }
        synchronized (this) {
            pending++;
        }
        return this;
    }

    /** Says that there are no more segments. */
    void finish() {
        if (!gsoFrame.isVoid()) {
            written(null);
        }
    }

    private void written(Throwable cause) {
        Throwable first;
        synchronized (this) { // Handlers of other executors may be on the way.
            failure = failure == null ? cause : failure;
            if (--pending > 0) {
                return;
            }
            first = failure;
        }
        if (first == null) {
            super.trySuccess(null);
            gsoFrame.trySuccess();
        } else {
            super.tryFailure(first);
            gsoFrame.tryFailure(first);
        }
    }

    @Override
    public boolean trySuccess(Void result) {
        written(null);
        return true;
    }

    @Override
    public boolean trySuccess() {
        return trySuccess(null);
    }

    @Override
    public ChannelPromise setSuccess(Void result) {
        written(null);
        return this;
    }

    @Override
    public ChannelPromise setSuccess() {
        return setSuccess(null);
    }

    @Override
    public boolean tryFailure(Throwable cause) {
        written(cause);
        return true;
    }

    @Override
    public ChannelPromise setFailure(Throwable cause) {
        written(cause);
        return this;
    }
}
