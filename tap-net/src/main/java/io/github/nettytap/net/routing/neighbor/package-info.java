/**
 * The neighbors of a link: which MAC address each has, and what the router advertises to them.
 *
 * <pre>
 *   packets ──► NextHops ──► Output          Arp, NeighborMessages: questions and answers, both ways
 *                 │ ▲ heard                  RouterAdvertisements: the router, its prefixes, the MTU
 *                 ▼ │ solicit
 *              NeighborTable of Neighbor, with the packets that wait
 * </pre>
 *
 * <p>RFC 826 and RFC 4861. Used on the event loop of the router. {@code NextHops} owns the frames that it gets, also
 * while they wait; {@code Arp} owns its frames, the others leave a message that they look at to the caller.
 */
package io.github.nettytap.net.routing.neighbor;
