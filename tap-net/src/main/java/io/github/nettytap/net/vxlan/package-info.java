/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A VXLAN tunnel endpoint (RFC 7348): frames of channels here, and other endpoints over UDP there, such as the kernel's
 * own {@code vxlan} device.
 *
 * <pre>{@code
 *   VxlanPeers peers = new VxlanPeers();
 *   peers.addNetwork(100);
 *   peers.addRemote(100, InetAddress.getByName("192.0.2.2"));
 *   VxlanSettings settings = new VxlanSettings(new InetSocketAddress(4789));
 *   try (VxlanEndpoint endpoint = new VxlanEndpoint(loops, peers, settings)) {
 *       endpoint.add(TapDevice.builder("tap0").vnetHeader(true).mtu(1450).up(true).open(), 100);
 *       …
 *   }
 * }</pre>
 *
 * <p>Any other channel of frames gets {@link io.github.nettytap.net.vxlan.VxlanEndpoint#newPort} into its pipeline.
 * {@link io.github.nettytap.net.vxlan.VxlanHandler} is the encapsulation alone, for the pipeline of a datagram channel
 * of one's own; {@link io.github.nettytap.net.vxlan.VxlanPeers} knows behind which endpoint an address is, within
 * bounds that one endpoint cannot use up for others.
 *
 * <p>A datagram channel has one port, so a source port for each flow (RFC 7348, section 5) takes several channels, each
 * with a handler of its own; on one event loop they share the peers.
 *
 * <p><b>Not supported</b>: IP multicast in the underlay, in place of which frames to many are sent to each remote
 * endpoint (head-end replication).
 *
 * <p>All channels of an endpoint are on one event loop, so that a frame passes from one to the other as a method call;
 * its buffer is owned by the handler that got it.
 */
package io.github.nettytap.net.vxlan;
