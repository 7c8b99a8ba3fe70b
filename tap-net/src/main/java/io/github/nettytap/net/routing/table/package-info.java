/**
 * The routing table: {@code PrefixTable} finds the longest prefix of an address, {@code Routes} holds what the ports'
 * networks imply, what must never be forwarded, and the routes that users add.
 *
 * <p>A prefix table holds any values, for IPv4 and IPv6 alike:
 *
 * <pre>{@code
 *   PrefixTable<String> sites = new PrefixTable<>();
 *   InetAddress lab = InetAddress.getByName("2001:db8::");
 *   sites.put(IpAddress.high(lab), IpAddress.low(lab), 32, "lab");
 *   InetAddress office = InetAddress.getByName("10.0.0.0");
 *   sites.put(IpAddress.high(office), IpAddress.low(office), 96 + 8, "office");  // IPv4 is IPv4-mapped
 *
 *   InetAddress host = InetAddress.getByName("10.1.2.3");
 *   String site = sites.find(IpAddress.high(host), IpAddress.low(host));         // "office"; null if none
 * }</pre>
 *
 * <p>Used on the event loop of the router; sees no frame.
 */
package io.github.nettytap.net.routing.table;
