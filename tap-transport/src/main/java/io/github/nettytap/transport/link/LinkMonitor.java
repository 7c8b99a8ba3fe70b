/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.link;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.LinkNotifications;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Watches the links of one network namespace and tells what happens to them, without a thread of its own: whoever owns
 * an event loop waits for {@link #fd()} to become readable and then calls {@link #poll}, which never waits. Without an
 * event loop, {@link LinkWatch} does that on a thread.
 *
 * <p>The kernel tells what a link is now; events are the differences from what was known before. If it has to drop
 * notifications because nobody polled for long, the links are listed anew, so that no change stays unnoticed; only
 * those that were undone meanwhile do.
 *
 * <p>Not thread-safe: one thread at a time.
 */
public final class LinkMonitor implements AutoCloseable {

    private final LinkNotifications notifications;
    private final Rtnetlink rtnetlink;
    private final int onlyIfindex;
    private Map<Integer, Link> known = new HashMap<>();

    private LinkMonitor(LinkNotifications notifications, Rtnetlink rtnetlink, int onlyIfindex) {
        this.notifications = notifications;
        this.rtnetlink = rtnetlink;
        this.onlyIfindex = onlyIfindex;
    }

    /**
     * Watches all links of the calling thread's network namespace.
     *
     * @return the monitor, to be closed by the caller
     * @throws TapException if the kernel refuses
     */
    public static LinkMonitor open() throws TapException {
        return open(0);
    }

    /**
     * Watches all links of a network namespace.
     *
     * @param namespace the namespace, which is needed only until the monitor is open
     * @return the monitor, to be closed by the caller
     * @throws TapException if the kernel refuses
     */
    public static LinkMonitor open(NetworkNamespace namespace) throws TapException {
        return explained(() -> namespace.call(() -> open(0)));
    }

    /**
     * Watches the interface of a device alone, in the network namespace that it is in. After {@link
     * LinkEvent.Kind#MOVED} nothing more arrives: open another monitor then.
     *
     * @param device the device
     * @return the monitor, to be closed by the caller
     * @throws TapException if the kernel refuses, or the interface is gone
     */
    public static LinkMonitor open(TapDevice device) throws TapException {
        return explained(() -> {
            int ifindex = device.ifindex();
            try (NetworkNamespace namespace = device.namespace()) {
                return namespace.call(() -> open(ifindex));
            }
        });
    }

    /** Watches one link of the calling thread's network namespace, or all if the number is 0. */
    private static LinkMonitor open(int onlyIfindex) throws TapException {
        return explained(() -> {
            LinkNotifications notifications = LinkNotifications.open();
            Rtnetlink rtnetlink = null;
            try {
                rtnetlink = Rtnetlink.open();
                LinkMonitor monitor = new LinkMonitor(notifications, rtnetlink, onlyIfindex);
                for (Link link : rtnetlink.links().list()) {
                    monitor.known.put(link.index(), link);
                }
                return monitor;
            } catch (NetlinkException | RuntimeException | Error e) {
                notifications.close();
                if (rtnetlink != null) {
                    rtnetlink.close();
                }
                throw e;
            }
        });
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

    /**
     * The descriptor to wait for; it stays the property of this object.
     *
     * @return the number of a descriptor that is readable when there is something to poll
     */
    public int fd() {
        return notifications.fd();
    }

    /**
     * Delivers what has happened since the last call. It stops at a bound that keeps an event loop alive; the descriptor
     * stays readable then.
     *
     * @param listener takes the events in their order, on this thread
     * @throws TapException if the socket fails or is closed
     */
    public void poll(Consumer<? super LinkEvent> listener) throws TapException {
        explained(() -> {
            boolean complete = notifications.drain(new LinkNotifications.Handler() {
                @Override
                public void changed(Link link) {
                    compare(link, listener);
                }

                @Override
                public void gone(Link link, boolean moved) {
                    remove(link.index(), moved ? LinkEvent.Kind.MOVED : LinkEvent.Kind.DELETED, listener);
                }
            });
            if (!complete) {
                listAnew(listener);
            }
            return null;
        });
    }

    private void listAnew(Consumer<? super LinkEvent> listener) throws NetlinkException {
        List<Link> links = rtnetlink.links().list();
        Set<Integer> gone = new HashSet<>(known.keySet());
        for (Link link : links) {
            gone.remove(link.index());
        }
        gone.forEach(index -> remove(index, LinkEvent.Kind.DELETED, listener));
        links.forEach(link -> compare(link, listener));
    }

    private void remove(int index, LinkEvent.Kind kind, Consumer<? super LinkEvent> listener) {
        Link before = known.remove(index);
        if (before != null) {
            emit(kind, before, before, listener);
        }
    }

    private void compare(Link link, Consumer<? super LinkEvent> listener) {
        Link before = known.put(link.index(), link);
        if (before == null) {
            emit(LinkEvent.Kind.ADDED, link, link, listener);
            return;
        }
        if (!link.name().equals(before.name())) {
            emit(LinkEvent.Kind.RENAMED, link, before, listener);
        }
        if (link.mtu() != before.mtu()) {
            emit(LinkEvent.Kind.MTU_CHANGED, link, before, listener);
        }
        if (!link.mac().equals(before.mac())) {
            emit(LinkEvent.Kind.MAC_CHANGED, link, before, listener);
        }
        if (link.isUp() != before.isUp()) {
            emit(link.isUp() ? LinkEvent.Kind.UP : LinkEvent.Kind.DOWN, link, before, listener);
        }
        if (link.hasCarrier() != before.hasCarrier()) {
            emit(link.hasCarrier() ? LinkEvent.Kind.CARRIER_ON : LinkEvent.Kind.CARRIER_OFF, link, before, listener);
        }
    }

    private void emit(LinkEvent.Kind kind, Link link, Link before, Consumer<? super LinkEvent> listener) {
        if (onlyIfindex == 0 || onlyIfindex == link.index()) {
            listener.accept(new LinkEvent(kind, link, before));
        }
    }

    /** Ends the watch; a second call does nothing. */
    @Override
    public void close() {
        notifications.close();
        rtnetlink.close();
    }
}
