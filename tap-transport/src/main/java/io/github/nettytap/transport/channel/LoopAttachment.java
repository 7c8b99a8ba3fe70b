/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;

/**
 * What ties a channel to the event loop that it is registered with: the I/O strategy of that loop and the watch of its
 * link. Made and undone by the loop's thread; {@link DescriptorOwnership} says which loop that is.
 */
final class LoopAttachment {

    private final TapChannel channel;
    private final DescriptorOwnership ownership;
    private TapIo io;
    private LoopResources resources;
    private LinkEvents linkEvents;

    LoopAttachment(TapChannel channel, DescriptorOwnership ownership) {
        this.channel = channel;
        this.ownership = ownership;
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
     * Joins the loop of the channel, and completes the promise of its registration. What waits for the kernel is done by
     * another thread.
     */
    void register(TapEndpoint endpoint, ChannelPromise promise) {
        if (hasLinkEvents()) {
            prepareLinks((links, failure) -> register(endpoint, promise, links, failure));
        } else {
            register(endpoint, promise, null, null);
        }
    }

    private boolean hasLinkEvents() {
        return channel.config().isLinkEvents() && channel.linkSource() != null;
    }

    /** @param then run on the loop, with the result or else the failure */
    private void prepareLinks(BiConsumer<LinkEvents.Preparation, Throwable> then) {
        LinkEvents.Source source = channel.linkSource();
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

    private void register(
            TapEndpoint endpoint, ChannelPromise promise, LinkEvents.Preparation links, Throwable failure) {
        try {
            if (failure != null) {
                throw failure;
            }
            join(endpoint, links);
        } catch (Throwable cause) {
            // Netty completes closeFuture as soon as it hears of the failure, so the descriptor must be closed by then.
            channel.closeFuture().addListener(done -> promise.setFailure(cause));
            channel.unsafe().close(channel.unsafe().voidPromise());
            return;
        }
        promise.setSuccess();
    }

    /** Joins the loop of the channel, and may wait for the kernel before. */
    void join(TapEndpoint endpoint) throws IOException {
        join(
                endpoint,
                hasLinkEvents()
                        ? LinkEvents.prepare(channel.linkSource(), LoopResources.of(channel.eventLoop()))
                        : null);
    }

    /** @param links for a channel that reports link events, else null; used up */
    private void join(TapEndpoint endpoint, LinkEvents.Preparation links) throws IOException {
        boolean owner = ownership.attach(channel.eventLoop());
        boolean joined = false;
        try {
            if (!owner) {
                throw new ClosedChannelException();
            }
            channel.config().check();
            RecvByteBufAllocator.ExtendedHandle handle =
                    (RecvByteBufAllocator.ExtendedHandle) channel.unsafe().recvBufAllocHandle();
            channel.start(endpoint, handle);
            join(endpoint, handle, links);
            joined = true;
        } finally {
            if (!joined && links != null) {
                links.discard();
            }
            if (!joined && owner) {
                ownership.detach();
            }
        }
        channel.joined();
    }

    private void join(TapEndpoint endpoint, RecvByteBufAllocator.ExtendedHandle handle, LinkEvents.Preparation links) {
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
        try {
            leave(leaving);
        } finally {
            ownership.detach();
        }
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
