/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.port;

import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableEntry;
import io.github.nettytap.net.table.TokenBucket;

import java.util.Arrays;

/**
 * How often the router does something for a host, and for all hosts of a link: token buckets, as RFC 4443, section 2.4
 * (f), recommends them for errors.
 *
 * <p>A host that asks for more than it is due gets none, and others theirs. Since sources can be made up, a link has a
 * limit as well, and its hosts share the harm that one of them does. Not thread-safe.
 */
public final class HostLimits {

    private static final int HOSTS = 8_192;
    private static final int HOSTS_PER_LINK = 1_024;

    /** Longer than an empty bucket takes to be full again. */
    private static final long FORGET_MILLIS = 2_000;

    private final int hostPerSecond;
    private final int hostBurst;
    private final int linkPerSecond;
    private final int linkBurst;
    private final FairTable<Host> hosts =
            FairTable.<Host>builder().capacity(HOSTS).budget(HOSTS_PER_LINK).build();
    private TokenBucket[] links = new TokenBucket[8];

    /**
     * Full buckets.
     *
     * @param hostPerSecond what a host is due in the long run; its burst is not more than this in two seconds
     * @param hostBurst what it gets after a pause
     * @param linkPerSecond the same of all hosts of a link
     * @param linkBurst the same of all hosts of a link
     */
    public HostLimits(int hostPerSecond, int hostBurst, int linkPerSecond, int linkBurst) {
        this.hostPerSecond = hostPerSecond;
        this.hostBurst = hostBurst;
        this.linkPerSecond = linkPerSecond;
        this.linkBurst = linkBurst;
    }

    private static final class Host extends TableEntry {
        final TokenBucket bucket;

        Host(int scope, long high, long low, TokenBucket bucket) {
            super(scope, high, low);
            this.bucket = bucket;
        }
    }

    /**
     * Takes a token of the host and one of its link, or neither.
     *
     * @param from the port to the link
     * @param high the upper half of the address of the host, IPv4 mapped
     * @param low the lower half
     * @param now milliseconds that only grow
     * @return false if there is none
     */
    public boolean allows(RouterPort from, long high, long low, long now) {
        TokenBucket link = link(from.number(), now);
        Host host = hosts.find(from.number(), high, low);
        if (host == null) {
            host = new Host(from.number(), high, low, new TokenBucket(hostPerSecond, hostBurst, now));
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
            links[number] = new TokenBucket(linkPerSecond, linkBurst, now);
        }
        return links[number];
    }

    /**
     * To be called about once a second: forgets hosts that were silent.
     *
     * @param now milliseconds that only grow
     */
    public void tick(long now) {
        hosts.tick(now);
    }
}
