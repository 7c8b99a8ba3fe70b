/**
 * Source NAT: {@code SourceNat} rewrites packets in place, {@code ConnectionTable} knows the connections from either side.
 *
 * <p>RFC 3022, RFC 4787, RFC 5382, RFC 5508. Used on the event loop of the router. Frames stay the caller's.
 */
package io.github.nettytap.net.routing.nat;
