/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;

import java.nio.ByteBuffer;

/**
 * What the kernel tells about the links of one network namespace whenever something changes (RTNLGRP_LINK).
 *
 * <p>Never blocks: {@link #fd()} becomes readable when there is something to {@link #drain}, so that any event loop can
 * wait for it. Belongs to the namespace of the thread that opens it. Not thread-safe.
 */
public final class LinkNotifications implements AutoCloseable {

    private static final int RTMGRP_LINK = 1;
    private static final int AF_UNSPEC = 0;
    private static final int MAX_DATAGRAMS = 64;

    private final NetlinkSocket socket;

    private LinkNotifications(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Takes notifications. */
    public interface Handler {

        /**
         * A link was made or changed.
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
    }

    /**
     * Subscribes in the network namespace of the calling thread.
     *
     * @return the subscription, to be closed by the caller
     * @throws NetlinkException if the kernel refuses
     */
    public static LinkNotifications open() throws NetlinkException {
        return new LinkNotifications(NetlinkSocket.forNotifications(LibC.get(), RTMGRP_LINK));
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
     * Delivers what has arrived, up to a bound that keeps an event loop alive; the descriptor stays readable if there is
     * more.
     *
     * @param handler takes the notifications, on this thread
     * @return false if the kernel had to drop some, so that the links must be listed anew
     * @throws NetlinkException if the socket fails or is closed
     */
    public boolean drain(Handler handler) throws NetlinkException {
        for (int i = 0; i < MAX_DATAGRAMS; i++) {
            ByteBuffer datagram;
            try {
                datagram = socket.receive("receive link notification");
            } catch (NetlinkException e) {
                if (e.errno() == Errno.ENOBUFS.number()) {
                    return false;
                }
                throw e;
            }
            if (datagram == null) {
                break;
            }
            for (ByteBuffer message : NetlinkMessages.in(datagram)) {
                dispatch(message, handler);
            }
        }
        return true;
    }

    private static void dispatch(ByteBuffer message, Handler handler) {
        int type = NetlinkMessages.type(message);
        // A bridge reports on its ports in the same group, where "deleted" means "no longer a port".
        if (type != Rtm.NEWLINK && type != Rtm.DELLINK || message.get(MessageWriter.HEADER_SIZE) != AF_UNSPEC) {
            return;
        }
        Link link = Link.read(message);
        if (type == Rtm.NEWLINK) {
            handler.changed(link);
        } else {
            handler.gone(link, link.hasMoved());
        }
    }

    /** Ends the subscription; a second call does nothing. */
    @Override
    public void close() {
        socket.close();
    }
}
