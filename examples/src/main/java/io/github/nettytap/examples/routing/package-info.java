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
 * <p>Beside the way of a frame: {@code SourceNat} with its {@code ConnectionTable}, which rewrites what leaves through some
 * ports and what comes back; {@code RouterAdvertisements} and {@code DhcpServer}, which configure the hosts of a link.
 *
 * <p>Here: the routing table, neighbours, forwarding, ICMP errors, and what the router says for itself. Not here: command
 * lines and opening of devices.
 *
 * <p>All of a router runs on one event loop, without locks; counters may be read by any thread. Each step owns the frame
 * that it gets, until it has passed it on or released it; a packet is forwarded in the buffer that it came in.
 */
package io.github.nettytap.examples.routing;
