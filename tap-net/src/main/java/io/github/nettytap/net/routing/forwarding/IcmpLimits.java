/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableEntry;
import io.github.nettytap.net.table.TokenBucket;

import java.util.Arrays;

/**
 * How many ICMP errors a host gets, and how many all hosts of a link: RFC 1812, section 4.3.2.8, and RFC 4443, section
 * 2.4 (f).
 *
 * <p>A host that asks for more errors than it is due gets none, and others theirs. Since sources can be made up, a link
 * has a limit as well, and its hosts share the harm that one of them does. Packet-too-big messages are neither limited
 * nor counted here: without one, path MTU discovery ends in a black hole; there is one for each packet at most, and it
 * is not longer.
 */
final class IcmpLimits {

    // Of a host: a traceroute or two at a time.
    private static final int HOST_PER_SECOND = 100;
    private static final int HOST_BURST = 50;

    // Of a link: as the kernel's icmp_msgs_per_sec, of all links.
    private static final int LINK_PER_SECOND = 1_000;
    private static final int LINK_BURST = 200;

    private static final int HOSTS = 8_192;
    private static final int HOSTS_PER_LINK = 1_024;

    /** Longer than an empty bucket takes to be full again. */
    private static final long FORGET_MILLIS = 2_000;

    private final FairTable<Host> hosts =
            FairTable.<Host>builder().capacity(HOSTS).budget(HOSTS_PER_LINK).build();
    private TokenBucket[] links = new TokenBucket[8];

    private static final class Host extends TableEntry {
        final TokenBucket bucket;

        Host(int scope, long high, long low, long now) {
            super(scope, high, low);
            bucket = new TokenBucket(HOST_PER_SECOND, HOST_BURST, now);
        }
    }

    /** Whether a host is sent an error about a packet that came in through a port. */
    boolean allows(RouterPort from, long high, long low, long now) {
        TokenBucket link = link(from.number(), now);
        Host host = hosts.find(from.number(), high, low);
        if (host == null) {
            host = new Host(from.number(), high, low, now);
            hosts.add(host, from.number(), now);
        }
        if (host.isInTable()) {
            hosts.refresh(host, now, now + FORGET_MILLIS);
        }
        if (!link.take(now)) {
            return false;
        }
        if (!host.bucket.take(now)) {
            link.putBack();
            return false;
        }
        return true;
    }

    private TokenBucket link(int number, long now) {
        if (number >= links.length) {
            links = Arrays.copyOf(links, Math.max(number + 1, 2 * links.length));
        }
        if (links[number] == null) {
            links[number] = new TokenBucket(LINK_PER_SECOND, LINK_BURST, now);
        }
        return links[number];
    }

    void tick(long now) {
        hosts.tick(now);
    }
}
