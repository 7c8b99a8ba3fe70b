/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.EventLoop;

/**
 * Which thread may touch the descriptor of a channel: that of the event loop the channel is attached to, or, while
 * there is none, whoever closes it.
 *
 * <p>Attaching and the beginning of a close exclude each other. So no descriptor number is closed by one thread while
 * another registers it with a loop, where it may mean something else a moment later. Thread-safe.
 */
final class DescriptorOwnership {

    private EventLoop loop;
    private boolean closing;
    private boolean attachedOnce;

    /** Makes the loop the owner; false if the channel is being closed. */
    synchronized boolean attach(EventLoop loop) {
        if (closing) {
            return false;
        }
        this.loop = loop;
        attachedOnce = true;
        return true;
    }

    /** The loop no longer refers to the descriptor. */
    synchronized void detach() {
        loop = null;
    }

    /** The loop that owns the descriptor, or null. */
    synchronized EventLoop loop() {
        return loop;
    }

    /** Whether there ever was an owner. */
    synchronized boolean wasAttached() {
        return attachedOnce;
    }

    /**
     * Begins the close.
     *
     * @return false if it has begun already, or another thread's loop has the descriptor, which must do it then
     */
    synchronized boolean beginClosing() {
        if (closing || loop != null && !loop.inEventLoop()) {
            return false;
        }
        closing = true;
        return true;
    }

    synchronized boolean isClosing() {
        return closing;
    }
}
