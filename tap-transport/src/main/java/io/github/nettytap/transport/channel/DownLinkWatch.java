/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.Errno;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Looks whether the link of a packet socket is still there, for as long as it is down.
 *
 * <p>A link that is deleted goes down first, and that is all its packet sockets are told: of the second step they get
 * neither an error nor a wake-up ({@code packet_notifier}, NETDEV_UNREGISTER). A look is one system call.
 */
final class DownLinkWatch implements Runnable {

    private static final int INTERVAL_MILLIS = 100;

    private final TapChannel channel;
    private final PacketEndpoint endpoint;
    private boolean watching;

    DownLinkWatch(TapChannel channel, PacketEndpoint endpoint) {
        this.channel = channel;
        this.endpoint = endpoint;
    }

    /** The link is down. On the event loop of the channel. */
    void start() {
        if (!watching) {
            watching = true;
            next();
        }
    }

    private void next() {
        try {
            channel.eventLoop().schedule(this, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            watching = false; // The loop has ended, and closes its channels.
        }
    }

    @Override
    public void run() {
        if (!channel.isOpen()) {
            return;
        }
        if (!channel.eventLoop().inEventLoop()) {
            next(); // The channel has moved to another loop.
        } else if (!endpoint.calls().hasLink()) {
            channel.failures().pollFailed(Errno.ENODEV.number());
        } else if (endpoint.calls().isLinkUp()) {
            watching = false;
        } else {
            next();
        }
    }
}
