/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A DHCP server for the hosts of a link: {@link io.github.nettytap.net.routing.dhcp.DhcpServer}, on a port of a router,
 * or on any channel of frames:
 *
 * <pre>{@code
 *   Output output = new Output(VnetHeader.NONE);                     // frames without virtio-net headers
 *   Cidr network = Cidr.parse("10.0.0.1/24");
 *   RouterPort port = new RouterPort(
 *       channel, VnetHeader.NONE, TapOffload.NONE, 0, mac, 1500, List.of(network), false, false);
 *   DhcpPool pool = new DhcpPool(first, last, nameServers).withDomain("lab.example", List.of());
 *   DhcpServer server = new DhcpServer(port, pool, network, output, clock, null);
 *
 *   server.receive(frame, EthernetHeader.LENGTH);                    // UDP to port 67; then
 *   output.endBatch();
 *   eventLoop.scheduleAtFixedRate(server::tick, 200, 200, TimeUnit.MILLISECONDS);
 * }</pre>
 *
 * <p>Used on the event loop of the channel, but for {@code close}, which waits for the disk.
 */
package io.github.nettytap.net.routing.dhcp;
