/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A whole network as a model, and running.
 *
 * <pre>
 *   Topology ─── start ──► RunningTopology ◄── apply ── another Topology
 *   Node, PortSpec         RunningNode, RunningPort
 *   Attachment: a TAP, a link, a socket, one end of a patch cable, or what else is a channel (ChannelAttachment)
 * </pre>
 *
 * <p>What stands on the left is immutable and knows no kernel; it is checked when it is built. What stands on the right
 * is opened as a whole or not at all, and changed by what differs. {@link
 * io.github.nettytap.net.topology.SocketLan} is a network of machines behind a socket, as a port of a router.
 *
 * <p>For a test, {@code NetworkExtension} of tap-testkit makes the hosts and closes the network: the TAPs of a topology
 * are placed in their namespaces by {@link io.github.nettytap.net.topology.TapAttachment#in}. The testkit itself does
 * not know this package, since the tests of this module use the testkit.
 */
package io.github.nettytap.net.topology;
