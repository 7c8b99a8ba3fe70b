/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.RecvByteBufAllocator;

import java.io.IOException;

/** Chooses the I/O strategy that the event loop of a channel understands. */
final class TapIoSelector {

    private TapIoSelector() {}

    static boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop && ((IoEventLoop) loop).isCompatible(EpollTapIo.class);
    }

    static TapIo newIo(
            TapChannel channel, TapEndpoint endpoint, RecvByteBufAllocator.ExtendedHandle handle, EventLoop loop)
            throws IOException {
        return new EpollTapIo(channel, endpoint, channel.config().newReceiver(endpoint, handle));
    }
}
