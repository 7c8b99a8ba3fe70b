/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import java.time.Duration;
import java.util.Objects;

/**
 * How much NAT remembers, and for how long.
 *
 * @param connections how many connections there may be, of all hosts inside
 * @param connectionsPerHost how many of them one host inside may have
 * @param tcpEstablished how long an established TCP connection may be silent
 * @param tcpTransitory how long one that is not yet, or no longer, established
 * @param udp how long a conversation by UDP
 * @param icmp how long a ping
 */
public record NatSettings(
        int connections,
        int connectionsPerHost,
        Duration tcpEstablished,
        Duration tcpTransitory,
        Duration udp,
        Duration icmp) {

    /**
     * 65,536 connections, an eighth of them for a host; RFC 5382, REQ-5: two hours and four minutes, four minutes; RFC
     * 4787, REQ-5: five minutes; RFC 5508, REQ-1: a minute.
     */
    public static final NatSettings DEFAULT = new NatSettings(
            65_536,
            8_192,
            Duration.ofMinutes(124),
            Duration.ofMinutes(4),
            Duration.ofMinutes(5),
            Duration.ofMinutes(1));

    private static final int MAX_CONNECTIONS = 1 << 22;

    /** Checks that there is something of each. */
    public NatSettings {
        if (connections < 1
                || connections > MAX_CONNECTIONS
                || connectionsPerHost < 1
                || connectionsPerHost > connections) {
            throw new IllegalArgumentException("no such numbers of connections: connections=" + connections
                    + ", connectionsPerHost=" + connectionsPerHost + " (expected: 1 to " + MAX_CONNECTIONS
                    + ", and not more for a host than for all)");
        }
        check("tcpEstablished", tcpEstablished);
        check("tcpTransitory", tcpTransitory);
        check("udp", udp);
        check("icmp", icmp);
    }

    private static void check(String name, Duration timeout) {
        Objects.requireNonNull(timeout, name);
        if (timeout.toMillis() < 1_000 || timeout.toDays() > 30) {
            throw new IllegalArgumentException(
                    "no such timeout: " + name + "=" + timeout + " (expected: 1 second to 30 days)");
        }
    }
}
