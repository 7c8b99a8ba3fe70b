/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.port;

/** What can happen to a frame that came in through a port of the router. */
public enum RouterCounter {
    /** Sent on to its next hop. */
    FORWARDED("forwarded", false),
    /** For the router itself, or for a group. */
    LOCAL("for the router", false),
    /** A GSO frame or partial checksum that the next port did not take, made whole by the router. */
    SEGMENTED("segmented", false),
    /** An IPv4 packet larger than the next link takes, sent in fragments. */
    FRAGMENTED("fragmented", false),
    /** Answered with an ICMP error, besides whatever else is counted. */
    ERRORS_SENT("ICMP errors sent", false),
    /** Not answered with an ICMP error since too many were sent. */
    ERRORS_LIMITED("ICMP errors withheld", false),
    /** A host of the link claimed an address of the router's, besides whatever else is counted. */
    ADDRESS_CONFLICT("claims of own addresses", false),
    /** Of a protocol that is not routed, or for the MAC address of another host. */
    IGNORED("ignored", false),
    /** Headers that contradict themselves, or a wrong IPv4 header checksum. */
    MALFORMED("malformed", true),
    /** An address that must not be on a network. */
    MARTIAN("martian", true),
    /** No route to the destination. */
    NO_ROUTE("no route", true),
    /** The time to live, or the hop limit, has run out. */
    TTL_EXPIRED("time exceeded", true),
    /** Larger than the next link takes, and not to be fragmented. */
    TOO_BIG("too big", true),
    /** The next hop does not answer, or too many packets wait for it. */
    UNRESOLVED("next hop unresolved", true),
    /** To leave with the address of the router, which is impossible: a fragment, an unknown protocol, no room. */
    NOT_TRANSLATABLE("not translatable", true),
    /** Handling it failed: an error of the router, or no memory. The first of a port is logged. */
    FAILED("failed", true),
    /** From outside to a host behind NAT that has not spoken to the sender. */
    FILTERED("not asked for", true),
    /** The next port is behind, or gone. */
    CONGESTED("congested", true);

    private final String title;
    private final boolean drop;

    RouterCounter(String title, boolean drop) {
        this.title = title;
        this.drop = drop;
    }

    /**
     * What people read.
     *
     * @return a few words in English
     */
    public String title() {
        return title;
    }

    /**
     * Whether the frame went nowhere.
     *
     * @return whether this counter is part of {@link RouterPort#drops}
     */
    public boolean isDrop() {
        return drop;
    }
}
