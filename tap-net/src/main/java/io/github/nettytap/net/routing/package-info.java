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
 *                     └─ dhcp ◄─────────────────┘
 * </pre>
 *
 * <p>Here: {@code TapRouter}, which opens channels and is what programs use; {@code Router}, which puts the steps together; the
 * handler where frames enter. Not here: command lines and opening of devices.
 *
 * <p>All of a router runs on one event loop, without locks; counters may be read by any thread. Each step owns the frame
 * that it gets, until it has passed it on or released it; a packet is forwarded in the buffer that it came in.
 */
package io.github.nettytap.net.routing;
