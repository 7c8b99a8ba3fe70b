/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;

/**
 * What ties a channel to the event loop that it is registered with: the I/O strategy of that loop and the watch of its
 * link. Made and undone by the loop's thread; {@link DescriptorOwnership} says which loop that is.
 */
final class LoopAttachment {

    private final TapChannel channel;
    private TapIo io;
    private LoopResources resources;
    private LinkEvents linkEvents;

    LoopAttachment(TapChannel channel) {
        this.channel = channel;
    }

    /** The strategy, null between two event loops. */
    TapIo io() {
        return io;
    }

    /** What the channels of the loop share; of the last loop, if there is none at the moment. */
    LoopResources resources() {
        return resources;
    }

    /**
     * Joins the loop of the channel.
     *
     * @param links for a channel that reports link events, else null; used up
     */
    void join(TapEndpoint endpoint, RecvByteBufAllocator.ExtendedHandle handle, LinkEvents.Preparation links) {
        IoEventLoop loop = (IoEventLoop) channel.eventLoop();
        resources = LoopResources.of(loop);
        TapIo joining = null;
        boolean joined = false;
        try {
            joining = TapIoSelector.newIo(channel, endpoint, handle, loop);
            // On the loop's own thread the registration is complete when register returns.
            IoRegistration registration =
                    loop.register(joining.handle()).syncUninterruptibly().getNow();
            joining.start(registration);
            if (links != null) {
                linkEvents = new LinkEvents(channel.pipeline(), channel.device(), loop, resources);
                linkEvents.start(links);
            }
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
