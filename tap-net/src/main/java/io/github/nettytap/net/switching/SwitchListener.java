/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.MacAddress;
import io.netty.channel.Channel;

/** Gets to know what happens to the ports of a switch, on the event loop of the port. Its methods must not block. */
@FunctionalInterface
public interface SwitchListener {

    /**
     * A port has failed, or could not become one; its channel is closed.
     *
     * @param channel the channel
     * @param cause why
     */
    void portFailed(Channel channel, Throwable cause);

    /**
     * An address has moved to a port again and again: the port is joined to another outside of the switch, which is a
     * loop, or two hosts have one address. Reported once a minute and port at most; the switch forwards on.
     *
     * @param port the port
     * @param address the address that moved last
     * @param moves how many addresses moved there within ten seconds
     */
    default void loopSuspected(SwitchPort port, MacAddress address, long moves) {}

    /**
     * A peer of a socket has become a port.
     *
     * @param port the port
     */
    default void peerConnected(SwitchPort port) {}

    /**
     * The port of a peer that is gone is no port any more; its counters stand still. Not called for a port that {@link
     * TapSwitch#remove(SwitchPort)} takes out.
     *
     * @param port the port
     */
    default void peerRemoved(SwitchPort port) {}

    /**
     * A peer of a socket is gone, and its port with it.
     *
     * @param name of the port
     * @param reason in words
     */
    default void peerDisconnected(String name, String reason) {}

    /**
     * There is no connection for a socket, or one too many.
     *
     * @param name of the port that there is not
     * @param reason in words
     */
    default void peerRefused(String name, String reason) {}
}
