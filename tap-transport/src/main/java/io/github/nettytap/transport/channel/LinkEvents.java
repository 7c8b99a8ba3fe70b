/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.link.LinkEvent;
import io.github.nettytap.transport.link.LinkMonitor;
import io.github.nettytap.transport.netlink.Link;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.IoEventLoop;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reports what happens to the link of a channel as user events, also while the channel does not read. When the link
 * moves to another network namespace, it is followed there.
 *
 * <p>The channels of a loop share one {@link LinkWatcher} a namespace. What waits for the kernel runs on other threads,
 * but for {@code bind}, which opens the device by such calls anyway.
 */
final class LinkEvents {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(LinkEvents.class);

    private final ChannelPipeline pipeline;
    private final Source source;
    private final IoEventLoop loop;
    private final LoopResources resources;
    private LinkWatcher watcher;
    private LinkMonitor.Subscription subscription;
    private boolean stopped;

    LinkEvents(ChannelPipeline pipeline, Source source, IoEventLoop loop, LoopResources resources) {
        this.pipeline = pipeline;
        this.source = source;
        this.loop = loop;
        this.resources = resources;
    }

    /** Where a link is, and what it is. */
    interface Source {

        NetworkNamespace namespace() throws IOException;

        Link link() throws IOException;

        static Source of(TapDevice device) {
            return of(device::namespace, device::link);
        }

        static Source of(PacketSocket socket) {
            return of(socket::namespace, socket::link);
        }

        private static Source of(Question<NetworkNamespace> namespace, Question<Link> link) {
            return new Source() {
                @Override
                public NetworkNamespace namespace() throws IOException {
                    return namespace.ask();
                }

                @Override
                public Link link() throws IOException {
                    return link.ask();
                }
            };
        }
    }

    /** A question to the kernel. */
    private interface Question<T> {
        T ask() throws IOException;
    }

    /** What is needed to subscribe. */
    static final class Preparation {

        private String namespace;
        private LinkWatcher watcher;
        private LinkMonitor monitor;
        private Link link;

        private Preparation() {}

        /** Not needed after all. */
        void discard() {
            if (monitor != null) {
                monitor.close();
            }
        }
    }

    /**
     * Finds the link, and opens a monitor where the loop has none for its namespace. Waits for the kernel.
     *
     * @throws IOException if the device is closed, gone or out of sight
     */
    static Preparation prepare(Source source, LoopResources resources) throws IOException {
        Preparation preparation = new Preparation();
        boolean prepared = false;
        try (NetworkNamespace namespace = source.namespace()) {
            preparation.namespace = namespace.id();
            preparation.watcher = resources.watcher(preparation.namespace);
            if (preparation.watcher == null) {
                preparation.monitor = LinkMonitor.open(namespace);
            }
            // Once something watches, so that no change falls between the two.
            preparation.link = source.link();
            prepared = true;
            return preparation;
        } finally {
            if (!prepared) {
                preparation.discard();
            }
        }
    }

    /** Subscribes to the link. */
    void start(Preparation preparation) {
        LinkWatcher current = resources.watcher(preparation.namespace);
        if (preparation.monitor == null && (current == null || current != preparation.watcher)) {
            BlockingTasks.execute(this::follow); // What was counted on has ended meanwhile.
            return;
        }
        if (current == null) {
            current = resources.watch(preparation.namespace, preparation.monitor, loop);
        } else {
            preparation.discard(); // Another channel was faster.
        }
        watcher = current;
        subscription = current.subscribe(preparation.link, this::deliver);
    }

    void stop() {
        stopped = true;
        unsubscribe();
    }

    private void unsubscribe() {
        if (watcher != null) {
            LinkWatcher leaving = watcher;
            watcher = null;
            leaving.unsubscribe(subscription);
        }
    }

    private void deliver(LinkEvent event) {
        pipeline.fireUserEventTriggered(event);
        if (event.kind() == LinkEvent.Kind.MOVED && !stopped) {
            unsubscribe();
            BlockingTasks.execute(this::follow);
        }
    }

    /** On another thread: finds the link where it is now. */
    private void follow() {
        try {
            Preparation preparation = prepare(source, resources);
            try {
                loop.execute(() -> followed(preparation));
            } catch (RejectedExecutionException e) {
                preparation.discard(); // The event loop has ended.
            }
        } catch (IOException e) {
            LOGGER.debug("{} no longer reports link events", pipeline.channel(), e);
        }
    }

    private void followed(Preparation preparation) {
        if (stopped) {
            preparation.discard();
        } else {
            start(preparation);
        }
    }
}
