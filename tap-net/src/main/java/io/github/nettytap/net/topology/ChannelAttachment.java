/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.io.IOException;
import java.util.Set;

/** An attachment that is one channel of frames. */
public non-sealed interface ChannelAttachment extends Attachment {

    /**
     * Opens the channel. Blocks; not called on an event loop.
     *
     * @param vnetHeader what is to be in front of each frame
     * @return the channel, which the caller registers and closes
     * @throws IOException if it cannot be opened; nothing is left open then
     */
    Opened open(VnetHeader vnetHeader) throws IOException;

    /** Something that is done once all ports are there. */
    @FunctionalInterface
    interface Last {

        /**
         * Does it.
         *
         * @throws IOException if it cannot be done
         */
        void run() throws IOException;
    }

    /**
     * A channel that is open and not yet registered.
     *
     * @param channel the channel
     * @param offloads what its other side takes
     * @param mtu the longest packet of its link, without the Ethernet header
     * @param up brings the link up. Last, when all ports are there: each kernel greets its new link with multicast
     *     frames, which are flooded, and should find everybody there.
     */
    record Opened(Channel channel, Set<TapOffload> offloads, int mtu, Last up) {}
}
