/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.SwitchPort;
import io.netty.channel.Channel;

/** What happens to the ports of a running network. Called on event loops unless said otherwise; must not block. */
public interface TopologyListener {

    /** Tells nobody. */
    TopologyListener NONE = new TopologyListener() {};

    /**
     * A port has been opened. On the thread that starts or changes the network.
     *
     * @param port the port
     */
    default void opened(RunningPort port) {}

    /**
     * A port is about to be closed, since the network changes or ends. On the thread that changes or ends it.
     *
     * @param port the port
     */
    default void closing(RunningPort port) {}

    /**
     * A port has failed; its channel is closed.
     *
     * @param node the name of its node
     * @param channel its channel
     * @param cause why
     */
    default void failed(String node, Channel channel, Throwable cause) {}

    /**
     * A peer of a socket has become a port of a switch.
     *
     * @param node the name of the switch
     * @param port the port
     */
    default void peerConnected(String node, SwitchPort port) {}

    /**
     * The port of a peer that is gone is no port any more; its counters stand still.
     *
     * @param node the name of the switch
     * @param port the port
     */
    default void peerRemoved(String node, SwitchPort port) {}

    /**
     * A peer of a socket is gone.
     *
     * @param node the name of the node
     * @param peer the name of its port
     * @param reason in words
     */
    default void peerDisconnected(String node, String peer, String reason) {}

    /**
     * There is no connection for a socket, or one too many.
     *
     * @param node the name of the node
     * @param peer the name of the port that there is not
     * @param reason in words
     */
    default void peerRefused(String node, String peer, String reason) {}

    /**
     * An address has moved to a port again and again; see {@link
     * io.github.nettytap.net.switching.SwitchListener#loopSuspected}.
     *
     * @param node the name of the switch
     * @param port the port
     * @param address the address that moved last
     * @param moves how many addresses moved there within ten seconds
     */
    default void loopSuspected(String node, SwitchPort port, MacAddress address, long moves) {}

    /**
     * A capture has ended before its time, as the disk is full. The frames go on. On the thread of the capture.
     *
     * @param cause why
     */
    default void captureFailed(Throwable cause) {}
}
