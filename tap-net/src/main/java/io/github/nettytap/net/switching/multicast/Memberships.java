/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableEntry;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Which ports belong to which group, each until a time; each port within a budget. Written under a lock of the
 * caller's, read without.
 */
final class Memberships {

    private static final int PORT_BITS = 16;

    private final FairTable<Membership> table;
    private final Map<GroupAddress, PortSet> ports = new ConcurrentHashMap<>();

    /** A port in a group: the port pays for it. */
    private static final class Membership extends TableEntry {

        private final GroupAddress group;
        private final int port;

        Membership(GroupAddress group, int port) {
            super(scope(group, port), group.high(), group.low());
            this.group = group;
            this.port = port;
        }

        static int scope(GroupAddress group, int port) {
            return group.vlan() << PORT_BITS | port;
        }
    }

    /**
     * @param capacity how many memberships there may be
     * @param budget how many of them a port may have
     * @param evicted called with each port that has lost one to another
     */
    Memberships(int capacity, int budget, IntConsumer evicted) {
        table = FairTable.<Membership>builder()
                .capacity(capacity)
                .budget(budget)
                .evicted(lost -> {
                    unpublish(lost);
                    evicted.accept(lost.port);
                })
                .timer(new FairTable.Timer<>() {
                    @Override
                    public long due(Membership membership, long now) {
                        return FairTable.REMOVE;
                    }

                    @Override
                    public void expired(Membership membership) {
                        unpublish(membership);
                    }
                })
                .build();
    }

    private void unpublish(Membership membership) {
        ports.computeIfPresent(membership.group, (group, set) -> {
            PortSet fewer = set.without(membership.port);
            return fewer.isEmpty() ? null : fewer;
        });
    }

    /** The ports of a group. Any thread. */
    PortSet of(GroupAddress group) {
        return ports.getOrDefault(group, PortSet.NONE);
    }

    FairTable<?> table() {
        return table;
    }

    /** Whether a port belongs to a group; if so, it does until the time at least. */
    boolean prolong(GroupAddress group, int port, long now, long deadline) {
        Membership known = find(group, port);
        if (known != null) {
            table.refresh(known, now, deadline);
        }
        return known != null;
    }

    /** A port that does not belong to a group does so from now on. False if there is no room. */
    boolean add(GroupAddress group, int port, long now, long deadline) {
        Membership added = new Membership(group, port);
        if (!table.add(added, port, now)) {
            return false;
        }
        table.refresh(added, now, deadline);
        ports.merge(group, PortSet.NONE.with(port), (set, one) -> set.with(port));
        return true;
    }

    /** Brings the end of a membership forward. */
    void shorten(GroupAddress group, int port, long now, long deadline) {
        Membership known = find(group, port);
        if (known != null && known.deadline() > deadline) {
            table.refresh(known, now, deadline);
        }
    }

    /** Brings the ends of all memberships of a group forward. */
    void shorten(GroupAddress group, long now, long deadline) {
        PortSet set = of(group);
        for (int port = set.next(0); port >= 0; port = set.next(port + 1)) {
            shorten(group, port, now, deadline);
        }
    }

    void remove(GroupAddress group, int port) {
        Membership known = find(group, port);
        if (known != null) {
            table.remove(known);
            unpublish(known);
        }
    }

    void removePort(int port) {
        table.removeOwner(port, this::unpublish);
    }

    void tick(long now) {
        table.tick(now);
    }

    private Membership find(GroupAddress group, int port) {
        return table.find(Membership.scope(group, port), group.high(), group.low());
    }
}
