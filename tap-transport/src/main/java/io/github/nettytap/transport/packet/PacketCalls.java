/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.packet;

import io.github.nettytap.transport.takeover.Takeover;

import java.io.Closeable;
import java.io.IOException;

/** A packet socket as the channel that took it over sees it: the calls of its event loop, and its end. */
public interface PacketCalls extends Closeable {

    /** How a channel gets them from a {@code PacketSocket}. */
    Takeover<PacketCalls> TAKEOVER = new Takeover<>();

    /** Room for the headers of so many frames. */
    PacketMessages newMessages(int count);

    /**
     * Receives a frame into a message that is prepared for it. Never waits.
     *
     * @return the bytes of the frame, or the negated errno
     */
    int receive(PacketMessages messages, int message);

    /** Takes the error that the socket reports, so that it does so no more: a positive errno, 0 for none. */
    int takeError();

    /** Whether the link is still there, up or down. */
    boolean hasLink();

    /** Whether the link is there and up. */
    boolean isLinkUp();

    /** Turns a failed call into what a user can act on. */
    IOException explain(String operation, int errno);

    /** A complaint about one frame that is to be sent. */
    IOException malformed(String what);

    @Override
    void close();
}
