/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableCounter;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Who listens to what, and where routers are. Thread-safe; reading takes no lock.
 *
 * <p>A port has a budget of memberships, and may add {@value #MAX_JOINS_PER_SECOND} a second. One that exceeds either,
 * or loses a membership since all are taken, gets the groups that nobody is known to listen to as long as a membership
 * would have lasted: it hears more, not less, and other ports are as before.
 */
final class GroupTable {

    /**
     * RFC 3376, section 8.4: robustness 2 × query interval 125 s + response interval 10 s. RFC 3810, 9.4, is the same.
     */
    static final int MEMBERSHIP_SECONDS = 260;

    /** RFC 3376, section 8.5: robustness 2 × query interval 125 s + half the response interval. */
    static final int ROUTER_SECONDS = 255;

    /** RFC 3376, section 8.8, two queries of a second each, and the grain of our clock. */
    static final int LAST_MEMBER_SECONDS = 3;

    /** A report may name 180 groups and cost no more than one of a few, whatever it does to its own port. */
    static final int MAX_JOINS_PER_SECOND = 256;

    private static final int MAX_ROUTERS = 16_384;
    private static final int MAX_ROUTERS_PER_PORT = 8_192;

    private final Memberships members;
    private final Memberships routers;

    /** Set by hand. */
    private volatile PortSet staticRouters = PortSet.NONE;

    /** Ports that have more memberships than there was room for. */
    private volatile PortSet overflown = PortSet.NONE;

    /** By port; of those in {@link #overflown}. */
    private long[] overflownUntil = new long[16];

    /** By port: the second of its last join, and how many there were in it. */
    private long[] joinSecond = new long[16];

    private int[] joins = new int[16];
    private long joinsRefused;

    private volatile long ticked = Long.MIN_VALUE;

    /** The time of the call in hand, for those evicted in it. */
    private long now;

    GroupTable(int capacity, int budget) {
        members = new Memberships(capacity, budget, this::overflow);
        routers = new Memberships(MAX_ROUTERS, MAX_ROUTERS_PER_PORT, port -> {});
    }

    private static long millis(long seconds) {
        return TimeUnit.SECONDS.toMillis(seconds);
    }

    /** A port said that it listens to a group. */
    synchronized void join(GroupAddress group, int port, long seconds) {
        now = seconds;
        long deadline = millis(seconds + MEMBERSHIP_SECONDS);
        if (!group.canBeJoined() || members.prolong(group, port, millis(seconds), deadline)) {
            return;
        }
        if (!mayJoin(port, seconds) || !members.add(group, port, millis(seconds), deadline)) {
            overflow(port);
        }
    }

    private boolean mayJoin(int port, long seconds) {
        if (port >= joins.length) {
            int length = Math.max(port + 1, 2 * joins.length);
            joinSecond = Arrays.copyOf(joinSecond, length);
            joins = Arrays.copyOf(joins, length);
        }
        if (joinSecond[port] != seconds) {
            joinSecond[port] = seconds;
            joins[port] = 0;
        }
        if (joins[port] == MAX_JOINS_PER_SECOND) {
            joinsRefused++;
            return false;
        }
        joins[port]++;
        return true;
    }

    private void overflow(int port) {
        if (port >= overflownUntil.length) {
            overflownUntil = Arrays.copyOf(overflownUntil, Math.max(port + 1, 2 * overflownUntil.length));
        }
        overflownUntil[port] = now + MEMBERSHIP_SECONDS;
        overflown = overflown.with(port);
    }

    /** A port said that it no longer listens; another host behind it may, and has time to say so. */
    synchronized void leave(GroupAddress group, int port, long seconds) {
        members.shorten(group, port, millis(seconds), millis(seconds + LAST_MEMBER_SECONDS));
    }

    /** A router asked who listens to a group: who does not answer within a time does not. */
    synchronized void asked(GroupAddress group, long seconds, long answerSeconds) {
        members.shorten(group, millis(seconds), millis(seconds + answerSeconds));
    }

    /** A router was heard, of one kind, and counts as such for so long. */
    synchronized void router(RouterKind kind, int vlan, int port, long seconds, long lifetimeSeconds) {
        GroupAddress key = kind.key(vlan);
        long deadline = millis(seconds + lifetimeSeconds);
        if (!routers.prolong(key, port, millis(seconds), deadline)) {
            routers.add(key, port, millis(seconds), deadline);
        }
    }

    /** A router said that it is none any more. */
    synchronized void routerGone(RouterKind kind, int vlan, int port) {
        routers.remove(kind.key(vlan), port);
    }

    synchronized void staticRouter(int port, boolean on) {
        staticRouters = on ? staticRouters.with(port) : staticRouters.without(port);
    }

    /** What was heard from a port counts no longer. */
    synchronized void remove(int port) {
        members.removePort(port);
        routers.removePort(port);
        overflown = overflown.without(port);
    }

    /** Forgets what has passed its time; to be called before anything is read, and does something once a second. */
    void tick(long seconds) {
        if (seconds != ticked) {
            tickNow(seconds);
        }
    }

    private synchronized void tickNow(long seconds) {
        if (seconds <= ticked) {
            return; // Loops disagree by a second.
        }
        members.tick(millis(seconds));
        routers.tick(millis(seconds));
        PortSet before = overflown;
        for (int port = before.next(0); port >= 0; port = before.next(port + 1)) {
            if (overflownUntil[port] < seconds) {
                overflown = overflown.without(port);
            }
        }
        ticked = seconds;
    }

    /** The ports that routers have asked from; if there are none, hosts do not report and memberships are not known. */
    PortSet queriers(int vlan, boolean ipv6) {
        return routers.of((ipv6 ? RouterKind.MLD_QUERIER : RouterKind.IGMP_QUERIER).key(vlan));
    }

    /** The ports that other routers were heard from. */
    PortSet otherRouters(int vlan, boolean ipv6) {
        return routers.of((ipv6 ? RouterKind.OTHER_V6 : RouterKind.OTHER_V4).key(vlan));
    }

    PortSet staticRouters() {
        return staticRouters;
    }

    PortSet members(GroupAddress group) {
        return members.of(group);
    }

    PortSet overflown() {
        return overflown;
    }

    synchronized long joinsRefused() {
        return joinsRefused + members.table().count(TableCounter.REFUSED);
    }

    FairTable<?> memberTable() {
        return members.table();
    }

    /** How a router was noticed. */
    enum RouterKind {
        /** By a query of IGMP. */
        IGMP_QUERIER,
        /** By a query of MLD. */
        MLD_QUERIER,
        /** By a PIM hello or an advertisement of multicast router discovery, over IPv4. */
        OTHER_V4,
        /** The same over IPv6. */
        OTHER_V6;

        /** No group has such an address. */
        GroupAddress key(int vlan) {
            return new GroupAddress(vlan, 0, ordinal());
        }
    }
}
