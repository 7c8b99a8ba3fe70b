/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who listens to what, and where routers are. Thread-safe; reading takes no lock.
 *
 * <p>Nothing runs in the background: what has passed its time does not count, and is dropped when something is written.
 */
final class GroupTable {

    /** RFC 3376, section 8.4: robustness 2 × query interval 125 s + response interval 10 s. RFC 3810, 9.4, is the same. */
    static final int MEMBERSHIP_SECONDS = 260;

    /** RFC 3376, section 8.5: robustness 2 × query interval 125 s + half the response interval. */
    static final int ROUTER_SECONDS = 255;

    /** RFC 3376, section 8.8, two queries of a second each, and the grain of our clock. */
    static final int LAST_MEMBER_SECONDS = 3;

    /** More than this at once is an attack, or a LAN that needs no pruning. */
    static final int MAX_GROUPS = 4096;

    private final Map<GroupAddress, PortDeadlines> members = new ConcurrentHashMap<>();

    /** By VLAN, times two, plus one for IPv6. */
    private final Map<Integer, PortDeadlines> routers = new ConcurrentHashMap<>();

    /** Until when groups that are not known are flooded, since there was no room to know them. */
    private volatile long overflownUntil = -1;

    /** A port said that it listens to a group. */
    synchronized void join(GroupAddress group, int port, long now) {
        if (members.size() >= MAX_GROUPS && !members.containsKey(group)) {
            members.values().removeIf(ports -> ports.isEmpty(now));
            if (members.size() >= MAX_GROUPS) {
                overflownUntil = now + MEMBERSHIP_SECONDS;
                return;
            }
        }
        members.merge(
                group,
                PortDeadlines.NONE.with(port, now + MEMBERSHIP_SECONDS, now),
                (known, one) -> known.with(port, now + MEMBERSHIP_SECONDS, now));
    }

    /** A port said that it no longer listens; another host behind it may, and has time to say so. */
    synchronized void leave(GroupAddress group, int port, long now) {
        members.computeIfPresent(group, (key, ports) -> ports.notLonger(port, now + LAST_MEMBER_SECONDS, now));
    }

    /** A router asked who listens to a group: who does not answer does not. */
    synchronized void asked(GroupAddress group, long now) {
        members.computeIfPresent(group, (key, ports) -> ports.notLonger(now + LAST_MEMBER_SECONDS));
    }

    /** A router was heard. */
    synchronized void router(int vlan, boolean ipv6, int port, long now) {
        routers.merge(
                family(vlan, ipv6),
                PortDeadlines.NONE.with(port, now + ROUTER_SECONDS, now),
                (known, one) -> known.with(port, now + ROUTER_SECONDS, now));
    }

    /** A port is gone. */
    synchronized void remove(int port) {
        members.replaceAll((group, ports) -> ports.without(port));
        routers.replaceAll((family, ports) -> ports.without(port));
        members.values().removeIf(ports -> ports.isEmpty(0));
    }

    /** The ports that lead to routers; empty, too, if no router has asked for so long that memberships are not known. */
    PortDeadlines routers(int vlan, boolean ipv6) {
        return routers.getOrDefault(family(vlan, ipv6), PortDeadlines.NONE);
    }

    /** The ports that listen to a group. */
    PortDeadlines members(GroupAddress group) {
        return members.getOrDefault(group, PortDeadlines.NONE);
    }

    /** Whether a group may have listeners that there was no room for. */
    boolean isOverflown(long now) {
        return now <= overflownUntil;
    }

    private static Integer family(int vlan, boolean ipv6) {
        return vlan << 1 | (ipv6 ? 1 : 0);
    }
}
