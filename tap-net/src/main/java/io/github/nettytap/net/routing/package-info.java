/**
 * The router between TAP channels: IPv4 and IPv6.
 *
 * <pre>
 *   RouterHandler ─┬─ Arp ─────────────────────────────┐
 *    (by type)     ├─ Ipv4Forwarding ─┬─ LocalIpv4     ├─► NextHops ──► Output ──► RouterPort
 *                  └─ Ipv6Forwarding ─┼─ LocalIpv6 ────┘    (MAC addresses,        (whole frames, if
 *                                     └─ IcmpErrors          what waits for one)    the port takes no others)
 * </pre>
 *
 * <p>Each step has its package, and uses those that stand left of it:
 *
 * <pre>
 *   packet ◄── port ◄─┬─ table ◄── neighbor ◄─┬─ forwarding ◄── (here)
 *   (bytes)  (the end)├─ nat ◄──────────────────┤
 *                     └─ dns ◄── dhcp ◄─────────┘
 * </pre>
 *
 * <p>{@code TapRouter} opens channels for TAPs and is what the program uses. {@code Router} is the same for any Netty
 * channels of frames that share an event loop:
 *
 * <pre>{@code
 *   Router router = new Router(VnetHeader.NONE, NatSettings.DEFAULT, clock, (port, cause) -> {});
 *
 *   // on the event loop, for each channel
 *   PortSettings settings = PortSettings.of(List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("2001:db8::1/64")));
 *   RouterPort port = router.addPort(channel, mac, 1500, TapOffload.NONE, settings, null);
 *   channel.pipeline().addLast(router.handler(port));
 *
 *   router.addRoute(Cidr.parse("0.0.0.0/0"), gateway);
 *   eventLoop.scheduleAtFixedRate(router::tick, 200, 200, TimeUnit.MILLISECONDS);
 * }</pre>
 *
 * <p>All of a router runs on one event loop, without locks; counters may be read by any thread. Each step owns the
 * frame that it gets, until it has passed it on or released it; a packet is forwarded in the buffer that it came in.
 */
package io.github.nettytap.net.routing;
