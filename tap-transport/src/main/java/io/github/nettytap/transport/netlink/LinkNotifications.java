/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What the kernel reports about the links of one network namespace whenever something changes (RTNLGRP_LINK), and its
 * list of them, over one socket.
 *
 * <p>{@link #drain} never blocks: {@link #fd()} becomes readable when there is something to drain, so that any event
 * loop can wait for it. {@link #list} waits for the kernel. Belongs to the namespace of the thread that opens it. Not
 * thread-safe.
 */
public final class LinkNotifications implements AutoCloseable {

    private static final int RTMGRP_LINK = 1;
    private static final int AF_UNSPEC = 0;
    private static final int MAX_DATAGRAMS = 64;
    private static final int LIST_ATTEMPTS = 8;
    private static final int LIST_SECONDS = 5;
    private static final String LIST = "list links";

    private final NetlinkSocket socket;
    private int sequence;
    private Listing listing;
    private boolean overrun;

    private LinkNotifications(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Takes notifications and lists. */
    public interface Handler {

        /**
         * Whether a link is of interest; others are passed over unread.
         *
         * @param ifindex the number of the link
         * @return true for all by default
         */
        default boolean wants(int ifindex) {
            return true;
        }

        /**
         * A link was made, was changed or is on the list.
         *
         * @param link what it is now
         */
        void changed(Link link);

        /**
         * A link has gone.
         *
         * @param link what it was
         * @param moved true if it went to another network namespace, false if it was deleted
         */
        void gone(Link link, boolean moved);

        /**
         * A list is complete; {@link #changed} has had each link on it that is wanted.
         *
         * @param present the numbers of all links that there are now
         */
        default void listed(Set<Integer> present) {}
    }

    /**
     * A list under way. What is notified meanwhile is newer than, or as new as, what the list says of the same link.
     */
    private static final class Listing {
        final int sequence;
        final Set<Integer> present = new HashSet<>();
        final Set<Integer> notified = new HashSet<>();
        boolean complete;
        boolean interrupted;

        Listing(int sequence) {
            this.sequence = sequence;
        }
    }

    /**
     * Subscribes in the network namespace of the calling thread.
     *
     * @return the subscription, to be closed by the caller
     * @throws NetlinkException if the kernel refuses
     */
    public static LinkNotifications open() throws NetlinkException {
        return open(LibC.get());
    }

    /** For tests, which may stand on a C library of their own. */
    static LinkNotifications open(LibC libc) throws NetlinkException {
        return new LinkNotifications(NetlinkSocket.forNotifications(libc, RTMGRP_LINK));
    }

    /**
     * The descriptor to wait for; it stays the property of this object.
     *
     * @return the number
     */
    public int fd() {
        return socket.fd();
    }

    /**
     * Delivers what has arrived, up to a bound that keeps an event loop alive; the descriptor stays readable if there
     * is more. After an overrun the notifications that came before it are delivered as usual, being older than any
     * list.
     *
     * @param handler takes the notifications, on this thread
     * @return false if the kernel had to drop some since the last list, so that the links must be {@linkplain #list
     *     listed}
     * @throws NetlinkException if the socket fails or is closed
     */
    public boolean drain(Handler handler) throws NetlinkException {
        drainUpTo(MAX_DATAGRAMS, handler);
        return !overrun;
    }

    /** Returns whether nothing is left to read. */
    private boolean drainUpTo(int datagrams, Handler handler) throws NetlinkException {
        for (int i = 0; i < datagrams; i++) {
            if (!receiveOne(handler)) {
                return true;
            }
        }
        return false;
    }

    /** Returns false if nothing has arrived. An overrun is noted: the kernel reports it before what it still holds. */
    private boolean receiveOne(Handler handler) throws NetlinkException {
        ByteBuffer datagram;
        try {
            datagram = socket.receive("receive link notification");
        } catch (NetlinkException e) {
            if (e.errno() == Errno.ENOBUFS.number()) {
                overrun = true;
                return true;
            }
            throw e;
        }
        if (datagram == null) {
            return false;
        }
        for (ByteBuffer message : NetlinkMessages.in(datagram)) {
            dispatch(message, handler);
        }
        return true;
    }

    /**
     * Lists the links, which makes up for an overrun: everything older is delivered first, then the list, and what
     * changes meanwhile in its place. Waits for the kernel, so it is not for an event loop.
     *
     * @param handler takes notifications and the list, on this thread
     * @return false if the links changed faster than they could be listed; the overrun is not made up for then
     * @throws NetlinkException if the socket fails or is closed, or the kernel does not answer in time
     */
    public boolean list(Handler handler) throws NetlinkException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIST_SECONDS);
        try {
            for (int attempt = 0; attempt < LIST_ATTEMPTS; attempt++) {
                while (!drainUpTo(MAX_DATAGRAMS, handler)) {
                    if (System.nanoTime() - deadline > 0) {
                        return false;
                    }
                }
                overrun = false;
                listing = new Listing(++sequence);
                socket.send(LIST, Links.listRequest().finish(sequence, socket.portId(), NetlinkExchange.DUMP));
                collect(handler, deadline);
                if (!overrun && !listing.interrupted) {
                    handler.listed(listing.present);
                    return true;
                }
                overrun = true;
            }
            return false;
        } finally {
            overrun |= listing != null && !listing.complete;
            listing = null;
        }
    }

    private void collect(Handler handler, long deadline) throws NetlinkException {
        while (!listing.complete) {
            if (receiveOne(handler)) {
                continue;
            }
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0 || !socket.awaitReadable((int) left)) {
                throw new NetlinkException(LIST, Errno.ETIMEDOUT.number(), "");
            }
        }
    }

    private void dispatch(ByteBuffer message, Handler handler) throws NetlinkException {
        int type = NetlinkMessages.type(message);
        // Nothing is changed over this socket, so what carries its port id is an answer.
        boolean answer = NetlinkMessages.portId(message) == socket.portId();
        if (answer && (listing == null || NetlinkMessages.sequence(message) != listing.sequence)) {
            return; // Left over from a list that was given up.
        }
        if (answer) {
            listing.interrupted |= NetlinkExchange.isInterrupted(message);
            if (NetlinkExchange.isEnd(type)) {
                listing.complete = true;
                NetlinkExchange.throwIfRefused(LIST, message);
                return;
            }
        }
        if (type != Rtm.NEWLINK && type != Rtm.DELLINK
                || message.limit() < MessageWriter.HEADER_SIZE + Link.HEADER_SIZE) {
            return;
        }
        // A bridge reports on its ports in the same group, where "deleted" means "no longer a port".
        if (message.get(MessageWriter.HEADER_SIZE) != AF_UNSPEC) {
            return;
        }
        int ifindex = Link.index(message);
        if (listing != null && !isNews(ifindex, type, answer)) {
            return;
        }
        if (!handler.wants(ifindex)) {
            return;
        }
        Link link = Link.read(message);
        if (type == Rtm.NEWLINK) {
            handler.changed(link);
        } else {
            handler.gone(link, link.hasMoved());
        }
    }

    private boolean isNews(int ifindex, int type, boolean answer) {
        if (answer && listing.notified.contains(ifindex)) {
            return false;
        }
        if (!answer) {
            listing.notified.add(ifindex);
        }
        if (type == Rtm.NEWLINK) {
            listing.present.add(ifindex);
        } else {
            listing.present.remove(ifindex);
        }
        return true;
    }

    /** Ends the subscription; a second call does nothing. */
    @Override
    public void close() {
        socket.close();
    }
}
