/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import io.github.nettytap.net.table.Owners.Owner;

/** What a table holds: a key of 160 bits, and whatever a subclass adds. It can be in one table at a time. */
public abstract class TableEntry {
    final int scope;
    final long high;
    final long low;

    TableEntry nextInBucket;
    Rank rank = Rank.UNCONFIRMED;
    long used;

    /** When it was put at the end of its owner's list. */
    long queued;

    TableEntry agePrevious;
    TableEntry ageNext;

    long deadline = Long.MAX_VALUE;

    /** The deadline that its timer was set for; none if it is the largest number. */
    long scheduled = Long.MAX_VALUE;

    int slot;
    TableEntry timerPrevious;
    TableEntry timerNext;

    /** Null if it is in no table. */
    Owner owner;

    TableEntry ownPrevious;
    TableEntry ownNext;

    /**
     * An entry with a key.
     *
     * @param scope what tells equal words apart: a port, a VLAN, a protocol; or 0
     * @param high a word of the key, such as the upper half of an IPv6 address; or 0
     * @param low a word of the key
     */
    protected TableEntry(int scope, long high, long low) {
        this.scope = scope;
        this.high = high;
        this.low = low;
    }

    /**
     * The part of the key that tells equal words apart.
     *
     * @return a port, a VLAN or a protocol, for example; 0 if the table needs none
     */
    public final int scope() {
        return scope;
    }

    /**
     * The first word of the key.
     *
     * @return the upper half of an IPv6 address, for example; 0 for a key of one word
     */
    public final long high() {
        return high;
    }

    /**
     * The second word of the key.
     *
     * @return the lower half of an IPv6 address or a whole MAC address, for example
     */
    public final long low() {
        return low;
    }

    /**
     * When it was added or used last.
     *
     * @return the time in milliseconds, on the clock of the table's user
     */
    public final long used() {
        return used;
    }

    /**
     * When its timer is to run. The timer of a pinned entry does not run.
     *
     * @return the time in milliseconds, on the clock of the table's user; {@link Long#MAX_VALUE} if none is set
     */
    public final long deadline() {
        return deadline;
    }

    /**
     * Whether somebody else than its owner has shown that it is of use.
     *
     * @return true for pinned entries, too
     */
    public final boolean isConfirmed() {
        return rank != Rank.UNCONFIRMED;
    }

    /**
     * Whether it neither expires nor is evicted.
     *
     * @return true after {@link FairTable#pin}, until it is added to a table again
     */
    public final boolean isPinned() {
        return rank == Rank.PINNED;
    }

    final boolean isScheduled() {
        return scheduled != Long.MAX_VALUE;
    }

    /**
     * Whether it is in a table.
     *
     * @return false before it is added, and once it has been removed, has expired or was evicted
     */
    public final boolean isInTable() {
        return owner != null;
    }

    /** Whether it was used since it was put at the end of its owner's list. */
    final boolean wasUsed() {
        return used > queued;
    }

    final void queueAgain() {
        queued = used;
    }

    /** What eviction looks at. */
    enum Rank {
        UNCONFIRMED,
        CONFIRMED,
        PINNED
    }
}
