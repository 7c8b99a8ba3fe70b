/**
 * The DHCPv4 server of a link: messages, the pool of addresses, and who has leased which.
 *
 * <p>RFC 2131 and RFC 2132. Used on the event loop of the router. A request stays the caller's.
 */
package io.github.nettytap.net.routing.dhcp;
