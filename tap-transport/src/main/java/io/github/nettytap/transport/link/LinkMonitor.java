/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.link;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.LinkNotifications;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Watches links of one network namespace and reports what happens to them, without a thread of its own: whoever owns an
 * event loop waits for {@link #fd()} to become readable and then calls {@link #poll}, which never waits. Without an
 * event loop, {@link LinkWatch} does that on a thread.
 *
 * <p>One monitor, with its one socket, serves any number of subscribers on its loop, and keeps only the links that
 * somebody has subscribed to:
 *
 * <pre>{@code
 * LinkMonitor monitor = LinkMonitor.open(device.namespace());   // may wait: not on an event loop
 * Link link = device.link();                                    // read once the monitor is open; may wait
 * monitor.subscribe(link, event -> …);                          // never waits
 * if (!monitor.poll()) {                                        // never waits; when fd() is readable
 *     // have another thread call monitor.relist(), then poll() again
 * }
 * }</pre>
 *
 * <p>The kernel reports what a link is now; events are the differences from what the subscriber knew. If the kernel has
 * to drop notifications because nobody polled for long, {@link #relist} asks for all links, so that no change stays
 * unnoticed; only those that were undone meanwhile do.
 *
 * <p>Not thread-safe: one thread at a time. While one thread is in {@code relist}, another may subscribe, cancel, poll
 * and close.
 */
public final class LinkMonitor implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(LinkMonitor.class);

    private final LinkNotifications notifications;
    private final LinkNotifications.Handler changes = new Changes();

    // Guarded by this, never held during a system call or while a listener runs.
    private final Map<Integer, List<Subscription>> byIfindex = new HashMap<>();
    private final List<Subscription> ofAll = new ArrayList<>();
    private final ArrayDeque<Delivery> deliveries = new ArrayDeque<>();
    private boolean listing;
    /** Set while a thread reads from the socket, whose buffer and answers are for one reader. */
    private boolean reading;

    private boolean closed;

    private LinkMonitor(LinkNotifications notifications) {
        this.notifications = notifications;
    }

    /**
     * Opens a monitor in the calling thread's network namespace.
     *
     * @return the monitor, to be closed by the caller
     * @throws TapException if the kernel refuses
     */
    public static LinkMonitor open() throws TapException {
        return explained(() -> new LinkMonitor(LinkNotifications.open()));
    }

    /**
     * Opens a monitor in a network namespace. It waits for a thread that enters the namespace.
     *
     * @param namespace the namespace, which is needed only until the monitor is open
     * @return the monitor, to be closed by the caller
     * @throws TapException if the kernel refuses
     */
    public static LinkMonitor open(NetworkNamespace namespace) throws TapException {
        return explained(() -> namespace.call(LinkMonitor::open));
    }

    private static <T> T explained(Callable<T> task) throws TapException {
        try {
            return task.call();
        } catch (NetlinkException e) {
            throw TapException.of(e);
        } catch (TapException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Somebody's interest in one link, or in all. */
    public final class Subscription implements AutoCloseable {

        private final Consumer<? super LinkEvent> listener;
        private final Map<Integer, Link> known = new HashMap<>(2);
        private final int ifindex;
        /** Set while the links that are there already are noted; they are no events. */
        private boolean silent;

        private boolean cancelled;

        private Subscription(int ifindex, Consumer<? super LinkEvent> listener) {
            this.ifindex = ifindex;
            this.listener = listener;
        }

        /** Ends the interest: nothing is delivered any more. A second call does nothing. */
        @Override
        public void close() {
            synchronized (LinkMonitor.this) {
                cancelled = true;
                end(this);
            }
        }
    }

    private static final class Delivery {
        final Subscription to;
        final LinkEvent event;

        Delivery(Subscription to, LinkEvent event) {
            this.to = to;
            this.event = event;
        }
    }

    /**
     * Subscribes to one link, until it is deleted or moved to another network namespace. Never waits.
     *
     * @param link the link as it was read, from this namespace, since the monitor was opened: a difference from it is
     *     the first event
     * @param listener takes the events in their order, on the thread that polls; what it throws is logged
     * @return the subscription
     */
    public synchronized Subscription subscribe(Link link, Consumer<? super LinkEvent> listener) {
        Subscription subscription = new Subscription(link.index(), listener);
        subscription.known.put(link.index(), link);
        byIfindex.computeIfAbsent(link.index(), key -> new ArrayList<>(1)).add(subscription);
        return subscription;
    }

    /**
     * Subscribes to all links, those of later included. Waits until the kernel has listed those that there are. Where
     * there are other subscribers, poll afterwards: the list may have news for them.
     *
     * @param listener takes the events in their order, on the thread that polls; what it throws is logged
     * @return the subscription
     * @throws TapException if the socket fails or is closed, or the kernel does not list the links
     */
    public Subscription subscribeToAll(Consumer<? super LinkEvent> listener) throws TapException {
        Subscription subscription = new Subscription(0, listener);
        subscription.silent = true;
        synchronized (this) {
            ofAll.add(subscription);
        }
        boolean complete = false;
        try {
            complete = list();
        } finally {
            if (!complete) {
                subscription.close();
            }
        }
        if (!complete) {
            throw TapException.ofCall("list links", "", Errno.ENOBUFS.number());
        }
        synchronized (this) {
            subscription.silent = false;
        }
        return subscription;
    }

    /**
     * The descriptor to wait for; it stays the property of this object.
     *
     * @return the number of a descriptor that is readable when there is something to poll
     */
    public int fd() {
        return notifications.fd();
    }

    /**
     * Delivers what has happened since the last call. It stops at a bound that keeps an event loop alive; the
     * descriptor stays readable then. Does nothing while another thread is in {@link #relist}.
     *
     * @return false if the kernel dropped notifications: somebody who may wait has to {@link #relist} then, with nobody
     *     waiting for the descriptor meanwhile
     * @throws TapException if the socket fails or is closed
     */
    public boolean poll() throws TapException {
        synchronized (this) {
            if (reading || listing) {
                return true;
            }
            reading = true;
        }
        boolean complete;
        try {
            complete = explained(() -> notifications.drain(changes));
        } finally {
            doneReading();
        }
        deliver();
        return complete;
    }

    /**
     * Asks the kernel for all links, which makes up for dropped notifications. It may wait for some seconds, so it is
     * not for an event loop. The events are delivered by the next {@link #poll}.
     *
     * @throws TapException if the socket fails or is closed, or the kernel does not answer
     */
    public void relist() throws TapException {
        list(); // Where the links change faster than they are listed, the next poll says so again.
    }

    private boolean list() throws TapException {
        synchronized (this) {
            if (listing) {
                throw new IllegalStateException("the links are being listed by another thread");
            }
            listing = true;
            awaitReader();
            reading = true;
        }
        try {
            return explained(() -> notifications.list(changes));
        } finally {
            synchronized (this) {
                listing = false;
                doneReading();
            }
        }
    }

    /** Waits for a {@link #poll} under way, which is brief, with this monitor's lock. */
    private void awaitReader() {
        boolean interrupted = false;
        while (reading) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void doneReading() {
        reading = false;
        notifyAll();
        if (closed) {
            notifications.close();
        }
    }

    private void deliver() {
        Delivery next;
        while ((next = nextDelivery()) != null) {
            try {
                next.to.listener.accept(next.event);
            } catch (RuntimeException e) {
                LOGGER.warn("a listener failed at {}", next.event, e);
            }
        }
    }

    private synchronized Delivery nextDelivery() {
        Delivery next;
        do {
            next = deliveries.poll();
        } while (next != null && next.to.cancelled);
        return next;
    }

    private void end(Subscription subscription) {
        ofAll.remove(subscription);
        List<Subscription> others = byIfindex.get(subscription.ifindex);
        if (others != null && others.remove(subscription) && others.isEmpty()) {
            byIfindex.remove(subscription.ifindex);
        }
    }

    /** Turns what the kernel says into events, for each subscriber by what it knew. */
    private final class Changes implements LinkNotifications.Handler {

        @Override
        public boolean wants(int ifindex) {
            synchronized (LinkMonitor.this) {
                return !ofAll.isEmpty() || byIfindex.containsKey(ifindex);
            }
        }

        @Override
        public void changed(Link link) {
            synchronized (LinkMonitor.this) {
                byIfindex.getOrDefault(link.index(), List.of()).forEach(subscription -> compare(subscription, link));
                ofAll.forEach(subscription -> compare(subscription, link));
            }
        }

        @Override
        public void gone(Link link, boolean moved) {
            LinkEvent.Kind kind = moved ? LinkEvent.Kind.MOVED : LinkEvent.Kind.DELETED;
            synchronized (LinkMonitor.this) {
                List.copyOf(byIfindex.getOrDefault(link.index(), List.of()))
                        .forEach(subscription -> remove(subscription, link.index(), kind));
                ofAll.forEach(subscription -> remove(subscription, link.index(), kind));
            }
        }

        @Override
        public void listed(Set<Integer> present) {
            synchronized (LinkMonitor.this) {
                List<Subscription> all = new ArrayList<>(ofAll);
                byIfindex.values().forEach(all::addAll);
                for (Subscription subscription : all) {
                    for (Integer ifindex : List.copyOf(subscription.known.keySet())) {
                        if (!present.contains(ifindex)) {
                            remove(subscription, ifindex, LinkEvent.Kind.DELETED);
                        }
                    }
                }
            }
        }

        private void remove(Subscription subscription, int ifindex, LinkEvent.Kind kind) {
            Link before = subscription.known.remove(ifindex);
            if (before != null) {
                emit(subscription, kind, before, before);
            }
            if (subscription.ifindex == ifindex) {
                end(subscription);
            }
        }

        private void compare(Subscription subscription, Link link) {
            Link before = subscription.known.put(link.index(), link);
            if (before == null) {
                emit(subscription, LinkEvent.Kind.ADDED, link, link);
                return;
            }
            if (!link.name().equals(before.name())) {
                emit(subscription, LinkEvent.Kind.RENAMED, link, before);
            }
            if (link.mtu() != before.mtu()) {
                emit(subscription, LinkEvent.Kind.MTU_CHANGED, link, before);
            }
            if (!link.mac().equals(before.mac())) {
                emit(subscription, LinkEvent.Kind.MAC_CHANGED, link, before);
            }
            if (link.isUp() != before.isUp()) {
                emit(subscription, link.isUp() ? LinkEvent.Kind.UP : LinkEvent.Kind.DOWN, link, before);
            }
            if (link.hasCarrier() != before.hasCarrier()) {
                emit(
                        subscription,
                        link.hasCarrier() ? LinkEvent.Kind.CARRIER_ON : LinkEvent.Kind.CARRIER_OFF,
                        link,
                        before);
            }
        }

        private void emit(Subscription subscription, LinkEvent.Kind kind, Link link, Link before) {
            if (!subscription.silent) {
                deliveries.add(new Delivery(subscription, new LinkEvent(kind, link, before)));
            }
        }
    }

    /** Ends the watch; a second call does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        deliveries.clear();
        if (!reading) {
            notifications.close();
        }
    }
}
