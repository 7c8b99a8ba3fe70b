/**
 * The way of an IP packet through the router: to another link, to the router itself, or into an ICMP error.
 *
 * <pre>
 *   Ipv4Forwarding ─┬─ LocalIpv4 ──┬──► LocalOutput ──► next hop
 *   Ipv6Forwarding ─┼─ LocalIpv6 ──┤    (the router's own packets)
 *                   └─ IcmpErrors ─┘
 * </pre>
 *
 * <p>RFC 1812, RFC 8200, RFC 792 and RFC 4443. Used on the event loop of the router. Each step owns the frame that it
 * gets, but for {@code IcmpErrors}, which quotes one of the caller's.
 */
package io.github.nettytap.net.routing.forwarding;
