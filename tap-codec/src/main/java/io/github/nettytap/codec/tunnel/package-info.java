/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Ethernet frames over UDP: VXLAN (RFC 7348), for the pipeline of a datagram channel.
 *
 * <p>Here: {@link io.github.nettytap.codec.tunnel.VxlanHandler}, between datagrams and {@link
 * io.github.nettytap.codec.tunnel.VxlanFrame}s, and {@link io.github.nettytap.codec.tunnel.VxlanPeers}, which knows behind
 * which remote endpoint an address is. Not here: sockets, their options, and the port that the frames come from.
 *
 * <p><b>Not supported</b>: a source port for each flow (RFC 7348, section 5), since a datagram channel has one port; IP
 * multicast in the underlay, in place of which frames to many are sent to each remote endpoint (head-end replication).
 *
 * <p>Threads: the peers of a handler belong to the event loop of its channel. Buffers: a frame is owned by whoever got it.
 */
package io.github.nettytap.codec.tunnel;
