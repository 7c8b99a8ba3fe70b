/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Ethernet frames over UDP: VXLAN (RFC 7348), for the pipeline of a datagram channel.
 *
 * <p>Here: {@link io.github.nettytap.codec.tunnel.VxlanHandler}, between datagrams and {@link
 * io.github.nettytap.codec.tunnel.VxlanFrame}s, and {@link io.github.nettytap.codec.tunnel.VxlanPeers}, which knows behind
 * which remote endpoint an address is, and {@link io.github.nettytap.codec.tunnel.FlowHash}, by which a frame finds the
 * socket, and with it the source port, of its flow. Not here: sockets and their options.
 *
 * <p>A datagram channel has one port, so a source port for each flow (RFC 7348, section 5) takes several channels, each with
 * a handler of its own; on one event loop they may share the peers.
 *
 * <p><b>Not supported</b>: IP multicast in the underlay, in place of which frames to many are sent to each remote endpoint
 * (head-end replication).
 *
 * <p>Threads: the peers of a handler belong to the event loop of its channel. Buffers: a frame is owned by whoever got it.
 */
package io.github.nettytap.codec.tunnel;
