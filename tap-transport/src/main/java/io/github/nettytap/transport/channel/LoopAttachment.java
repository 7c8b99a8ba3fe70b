/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;

import java.io.IOException;

/**
 * What ties a channel to the event loop that it is registered with: the I/O strategy of that loop and the watch of its
 * link. Made and undone by the loop's thread; {@link DescriptorOwnership} says which loop that is.
 */
final class LoopAttachment {

    private final TapChannel channel;
    private TapIo io;
    private LinkEvents linkEvents;

    LoopAttachment(TapChannel channel) {
        this.channel = channel;
    }

    /** The strategy, null between two event loops. */
    TapIo io() {
        return io;
    }

    void join(TapEndpoint endpoint, RecvByteBufAllocator.ExtendedHandle handle) throws IOException {
        IoEventLoop loop = (IoEventLoop) channel.eventLoop();
        TapIo joining = null;
        boolean joined = false;
        try {
            joining = TapIoSelector.newIo(channel, endpoint, handle, loop);
            if (channel.config().isLinkEvents() && endpoint instanceof TapQueueEndpoint) {
                linkEvents = new LinkEvents(channel.pipeline(), ((TapQueueEndpoint) endpoint).device(), loop);
                linkEvents.start();
            }
            // On the loop's own thread the registration is complete when register returns.
            IoRegistration registration =
                    loop.register(joining.handle()).syncUninterruptibly().getNow();
            joining.start(registration);
            joined = true;
        } finally {
            if (!joined) {
                leave(joining);
            }
        }
        io = joining;
    }

    /** Leaves the loop, with nothing in flight; does nothing between two loops. */
    void leave() {
        TapIo leaving = io;
        io = null;
        leave(leaving);
    }

    private void leave(TapIo leaving) {
        if (linkEvents != null) {
            linkEvents.stop();
            linkEvents = null;
        }
        if (leaving != null) {
            leaving.deregister();
        }
    }
}
