/**
 * Snooping of IGMP (versions 1 to 3) and MLD (1 and 2): which ports a multicast frame goes to, learned from what hosts
 * and routers say to each other, after RFC 4541.
 *
 * <p>There is no querier: as long as no router asks in a VLAN, its multicast is flooded. {@link
 * io.github.nettytap.net.switching.multicast.MulticastSnooping} is thread-safe; it takes no lock for data, only for
 * membership that changes. It never owns a frame.
 */
package io.github.nettytap.net.switching.multicast;
