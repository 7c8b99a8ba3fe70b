/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;

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
     * Has another thread do what waits for the kernel before the channel can report link events.
     *
     * @param then run on the loop, with the result or else the failure
     */
    void prepareLinks(LinkEvents.Source source, BiConsumer<LinkEvents.Preparation, Throwable> then) {
        EventLoop loop = channel.eventLoop();
        LoopResources shared = LoopResources.of(loop);
        BlockingTasks.execute(() -> {
            LinkEvents.Preparation prepared = null;
            Throwable failure = null;
            try {
                prepared = LinkEvents.prepare(source, shared);
            } catch (Throwable cause) {
                failure = cause;
            }
            LinkEvents.Preparation links = prepared;
            Throwable cause = failure;
            try {
                loop.execute(() -> then.accept(links, cause));
            } catch (RejectedExecutionException e) {
                // The loop has ended, and nobody else will close the channel.
                if (links != null) {
                    links.discard();
                }
                channel.closeFromAnywhere();
            }
        });
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
                linkEvents = new LinkEvents(channel.pipeline(), channel.linkSource(), loop, resources);
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
