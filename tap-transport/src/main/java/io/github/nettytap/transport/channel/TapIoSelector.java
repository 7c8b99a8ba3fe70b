/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.RecvByteBufAllocator;

/** Chooses the I/O strategy that the event loop of a channel understands. */
final class TapIoSelector {

    private TapIoSelector() {}

    static boolean isCompatible(EventLoop loop) {
        return isEpoll(loop) || isIoUring(loop);
    }

    private static boolean isEpoll(EventLoop loop) {
        return loop instanceof IoEventLoop && ((IoEventLoop) loop).isCompatible(EpollTapIo.class);
    }

    private static boolean isIoUring(EventLoop loop) {
        return loop instanceof IoEventLoop && ((IoEventLoop) loop).isCompatible(IoUringTapIo.class);
    }

    static TapIo newIo(
            TapChannel channel, TapEndpoint endpoint, RecvByteBufAllocator.ExtendedHandle handle, EventLoop loop) {
        TapChannelConfig config = channel.config();
        FrameCopier copier = config.newCopier(handle);
        LoopBuffers buffers = LoopResources.of(loop).acquire(config.getAllocator());
        TapIo io = null;
        try {
            io = isEpoll(loop)
                    ? new EpollTapIo(channel, endpoint, buffers, copier)
                    : new IoUringTapIo(channel, endpoint, buffers, copier);
            return io;
        } finally {
            if (io == null) {
                buffers.release();
            }
        }
    }
}
