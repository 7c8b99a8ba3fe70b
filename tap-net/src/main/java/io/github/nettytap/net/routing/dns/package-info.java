/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Answers DNS queries of hosts: names of DHCP clients by itself, everything else by way of name servers that the
 * process asks with its own sockets.
 *
 * <pre>
 *   query ──► DnsForwarder ──┬─ HostNames: the names of leases, and the router's own
 *                            └─ Upstream: a socket for each query, to a name server
 * </pre>
 *
 * <p>Queries and answers pass as the bytes that they are; only their ids change. So the case of names, which resolvers
 * use as a secret, EDNS options, DNSSEC signatures and records of types unknown here come through unharmed. That is why
 * this is not made of Netty's DNS codec: its messages are decoded and encoded again, in which a name that is compressed
 * inside a record of another type than NS, CNAME and PTR is lost (an MX record points nowhere then), and names become
 * strings in which a dot inside a label looks like one between labels. Its codec is the oracle of the tests instead,
 * and users of the library get no further dependency. Nothing is cached: a forged answer harms the one query that it
 * was guessed for, and a table of answers would be one more that hosts can fill.
 *
 * <p>All of it runs on the event loop of the router.
 */
package io.github.nettytap.net.routing.dns;
