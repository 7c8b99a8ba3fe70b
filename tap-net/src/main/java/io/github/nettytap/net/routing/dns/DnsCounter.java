/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

/** What can happen to a DNS query. */
public enum DnsCounter {
    /** A query came in. */
    QUERIES,
    /** No query: dropped. */
    MALFORMED,
    /** Answered by the router itself. */
    LOCAL,
    /** Sent to a name server, tries after the first not counted. */
    FORWARDED,
    /** Answered by a name server. */
    ANSWERED,
    /** No name server has answered: answered with SERVFAIL. */
    FAILED,
    /** Answered with REFUSED or NOTIMP: a zone transfer, another class, nobody to ask. */
    REFUSED,
    /** Dropped, since the host or its link has asked too much. */
    LIMITED,
    /** Dropped, since the same query of the same host is under way. */
    REPEATED,
    /** What came from a name server and was no answer to the query. */
    UNEXPECTED,
    /** Sent without its records, since it was too long for UDP. */
    TRUNCATED
}
