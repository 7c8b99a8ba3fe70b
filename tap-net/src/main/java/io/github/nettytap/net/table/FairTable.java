/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.net.table.Owners.Owner;
import io.github.nettytap.net.table.TableEntry.Rank;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * A bounded hash table of entries that the network asks for, which shares its room fairly among their owners.
 *
 * <h2>Who has to go</h2>
 *
 * An entry is unconfirmed when it is added: nobody but its owner has said that it is of use. A reply, an answer, an
 * accepted lease {@linkplain #confirm confirms} it. A {@linkplain #pin pinned} entry neither expires nor is evicted.
 *
 * <ol>
 *   <li>An owner at its budget: its own oldest unconfirmed entry, else its own confirmed entry that was not used for
 *       long.
 *   <li>A full table, when the owner has more than its share (the capacity divided by the owners, or a sixteenth of the
 *       budget if that is more): its own oldest unconfirmed.
 *   <li>A full table: the oldest unconfirmed of all. So an unconfirmed entry has as long as a flood needs to go once
 *       through the room that confirmed entries leave.
 *   <li>A full table without unconfirmed entries: one not used for long, of the owner that has the most, give or take a
 *       factor of two. Where nobody has more than the owner would have then, its own; if it has none, the new one is
 *       refused.
 * </ol>
 *
 * <p>Not thread-safe, but for {@link #size} and {@link #count}. Time is what the caller says it is: milliseconds that
 * only grow.
 *
 * @param <E> the type of the entries, which carry whatever is remembered
 */
public final class FairTable<E extends TableEntry> {

    /** What a {@link Timer} returns when the entry is to go. */
    public static final long REMOVE = Long.MAX_VALUE;

    /**
     * Entries in a bucket at most. With a secret hash and not more entries than buckets, a bucket of 16 is as likely as
     * one of 10^14.
     */
    static final int MAX_PROBES = 16;

    /** How many recently used entries eviction passes over before it takes one all the same. */
    static final int MAX_SECOND_CHANCES = 8;

    private static final int GUARANTEED_PART = 16;

    private final KeyedHash hash;
    private final int capacity;
    private final int budget;
    private final Timer<? super E> timer;
    private final Consumer<? super E> evicted;
    private final TableEntry[] buckets;
    private final Owners owners;
    private final TableEntry unconfirmed = new Anchor();
    private final TimerWheel wheel = new TimerWheel();
    private final EnumCounters<TableCounter> counters = new EnumCounters<>(TableCounter.class);
    private final Counter entries = new Counter();

    private FairTable(Builder<E> builder) {
        hash = builder.hash;
        capacity = builder.capacity;
        budget = Math.min(builder.budget, capacity);
        timer = builder.timer;
        evicted = builder.evicted;
        int count = Math.max(16, Integer.highestOneBit(capacity * 2 - 1));
        buckets = new TableEntry[count];
        owners = new Owners(hash, count);
    }

    /**
     * A table with 8,192 entries and all of them for anybody, unless set otherwise.
     *
     * @param <E> the type of the entries
     * @return a new builder
     */
    public static <E extends TableEntry> Builder<E> builder() {
        return new Builder<>();
    }

    /**
     * How many entries there are, including those whose time is over but whose timer has not run yet. Any thread may
     * ask.
     *
     * @return the number
     */
    public int size() {
        return (int) entries.get();
    }

    /**
     * How often something has happened. Any thread may ask.
     *
     * @param counter what is counted
     * @return the count since the table was made
     */
    public long count(TableCounter counter) {
        return counters.get(counter);
    }

    /**
     * How many entries there may be.
     *
     * @return the maximum for all owners together
     */
    public int capacity() {
        return capacity;
    }

    /**
     * How many entries an owner may have.
     *
     * @return the maximum, which is never above the capacity
     */
    public int budget() {
        return budget;
    }

    /**
     * How many entries of an owner there are, including those whose time is over but whose timer has not run yet.
     *
     * @param owner as it was given to {@link #add}
     * @return the number, 0 for an owner without entries
     */
    public int size(long owner) {
        Owner found = owners.find(owner);
        return found == null ? 0 : found.count;
    }

    /**
     * Finds an entry. At most {@value #MAX_PROBES} entries are compared.
     *
     * @param scope the scope of its key
     * @param high the first word of its key
     * @param low the second word of its key
     * @return the entry, even if its time is over but its timer has not run yet; null if there is none
     */
    @SuppressWarnings("unchecked") // Only entries of this type are added.
    public E find(int scope, long high, long low) {
        TableEntry entry = buckets[bucket(scope, high, low)];
        while (entry != null && (entry.low != low || entry.high != high || entry.scope != scope)) {
            entry = entry.nextInBucket;
        }
        return (E) entry;
    }

    /**
     * Adds an unconfirmed entry, and evicts another if there must be room. Its timer is not set: it stays until it is
     * evicted, or {@link #refresh} gives it a time.
     *
     * @param added in no table; its key must not be in this one
     * @param owner who pays for it
     * @param now the time in milliseconds
     * @return false if there was no room and nothing to evict
     * @throws IllegalStateException if the entry is in a table already
     */
    public boolean add(E added, long owner, long now) {
        TableEntry entry = added;
        if (entry.owner != null) {
            throw new IllegalStateException("entry is in a table already: " + entry);
        }
        int bucket = bucket(entry.scope, entry.high, entry.low);
        Owner paying = owners.find(owner);
        if (!makeRoom(bucket, paying)) {
            counters.increment(TableCounter.REFUSED);
            return false;
        }
        // Found again: it may have lost its last entry.
        paying = owners.findOrAdd(owner);
        if (paying == null) {
            counters.increment(TableCounter.REFUSED);
            return false;
        }
        entry.nextInBucket = buckets[bucket];
        buckets[bucket] = entry;
        entry.owner = paying;
        entry.used = now;
        entry.queued = now;
        entry.deadline = Long.MAX_VALUE;
        owners.grow(paying);
        link(entry, Rank.UNCONFIRMED);
        entries.increment();
        counters.increment(TableCounter.ADDED);
        return true;
    }

    /** Whether there is room in the bucket, in the budget and in the table, made if need be. */
    private boolean makeRoom(int bucket, Owner owner) {
        int length = 0;
        TableEntry worst = null;
        for (TableEntry entry = buckets[bucket]; entry != null; entry = entry.nextInBucket) {
            length++;
            worst = entry.rank != Rank.PINNED && (worst == null || isWorse(entry, worst, owner)) ? entry : worst;
        }
        if (length >= MAX_PROBES) {
            return evict(worst, owner);
        }
        if (owner != null && owner.count >= budget) {
            TableEntry own = owner.oldestUnconfirmed();
            return evict(own == null ? owner.leastUsed() : own, owner);
        }
        if (size() < capacity) {
            return true;
        }
        if (owner != null && owner.count > Math.max(capacity / owners.size(), budget / GUARANTEED_PART)) {
            TableEntry own = owner.oldestUnconfirmed();
            if (own != null) {
                return evict(own, owner);
            }
        }
        if (unconfirmed.ageNext != unconfirmed) {
            return evict(unconfirmed.ageNext, owner);
        }
        TableEntry others = owners.leastUsedOfLargest(owner == null ? 0 : owner.count);
        return evict(others == null && owner != null ? owner.leastUsed() : others, owner);
    }

    private static boolean isWorse(TableEntry entry, TableEntry than, Owner owner) {
        if (entry.rank != than.rank) {
            return entry.rank == Rank.UNCONFIRMED;
        }
        boolean isOwn = entry.owner == owner;
        return isOwn == (than.owner == owner) ? entry.used < than.used : isOwn;
    }

    @SuppressWarnings("unchecked") // Only entries of this type are added.
    private boolean evict(TableEntry entry, Owner owner) {
        if (entry == null) {
            return false;
        }
        counters.increment(entry.owner == owner ? TableCounter.EVICTED_OWN : TableCounter.EVICTED);
        remove((E) entry);
        evicted.accept((E) entry);
        return true;
    }

    /**
     * Somebody else than its owner has shown that the entry is of use. Confirmed entries are evicted after all others.
     *
     * @param entry in this table; a confirmed or pinned one stays as it is
     * @throws IllegalStateException if the entry is unconfirmed and in no table
     */
    public void confirm(E entry) {
        if (entry.rank == Rank.UNCONFIRMED) {
            move(entry, Rank.CONFIRMED);
        }
    }

    /**
     * What confirmed the entry holds no longer.
     *
     * @param entry in this table; an unconfirmed or pinned one stays as it is
     * @throws IllegalStateException if the entry is confirmed and in no table
     */
    public void unconfirm(E entry) {
        if (entry.rank == Rank.CONFIRMED) {
            move(entry, Rank.UNCONFIRMED);
        }
    }

    /**
     * The entry stays until it is removed, and its timer no longer runs.
     *
     * @param entry in this table
     * @throws IllegalStateException if the entry is not pinned and in no table
     */
    public void pin(E entry) {
        if (entry.rank != Rank.PINNED) {
            move(entry, Rank.PINNED);
            wheel.unschedule(entry);
        }
    }

    private void move(TableEntry entry, Rank rank) {
        check(entry);
        unlink(entry);
        entry.queued = entry.used;
        link(entry, rank);
    }

    /**
     * The entry was used: for eviction. Its timer runs when it was to run.
     *
     * @param entry in this table
     * @param now the time in milliseconds
     */
    public void touch(E entry, long now) {
        entry.used = now;
    }

    /**
     * The entry was used. Costs a few stores, unless it is to expire sooner than was said before.
     *
     * @param used in this table
     * @param now the time in milliseconds
     * @param deadline when its timer is to run: at the first {@link #tick} a quarter of a second later
     * @throws IllegalStateException if the timer has to be set and the entry is in no table
     */
    public void refresh(E used, long now, long deadline) {
        TableEntry entry = used;
        entry.used = now;
        entry.deadline = deadline;
        // A timer that fires early finds the new deadline and waits again.
        if (deadline < entry.scheduled && entry.rank != Rank.PINNED) {
            check(entry);
            wheel.unschedule(entry);
            wheel.schedule(entry);
        }
    }

    /**
     * Removes an entry. The listener for evictions is not called.
     *
     * @param removed in this table; afterwards it may be added again
     * @throws IllegalStateException if the entry is in no table
     */
    public void remove(E removed) {
        TableEntry entry = removed;
        check(entry);
        int bucket = bucket(entry.scope, entry.high, entry.low);
        if (buckets[bucket] == entry) {
            buckets[bucket] = entry.nextInBucket;
        } else {
            TableEntry previous = buckets[bucket];
            while (previous.nextInBucket != entry) {
                previous = previous.nextInBucket;
            }
            previous.nextInBucket = entry.nextInBucket;
        }
        unlink(entry);
        wheel.unschedule(entry);
        owners.shrink(entry.owner);
        entry.owner = null;
        entry.nextInBucket = null;
        entries.add(-1);
    }

    /**
     * Removes all entries of an owner, pinned ones included, because its port is gone, say. Takes as long as there are
     * such entries. The listener for evictions is not called.
     *
     * @param key the owner, as it was given to {@link #add}
     * @param removed called with each entry after it was removed; must not add entries of this owner
     */
    @SuppressWarnings("unchecked") // Only entries of this type are added.
    public void removeOwner(long key, Consumer<? super E> removed) {
        for (Rank rank : Rank.values()) {
            for (Owner owner = owners.find(key); owner != null; owner = owners.find(key)) {
                TableEntry entry = owner.first(rank);
                if (entry == null) {
                    break;
                }
                remove((E) entry);
                removed.accept((E) entry);
            }
        }
    }

    /**
     * Shows all entries, in no order. Walks the whole table.
     *
     * @param visitor called once with each entry; must neither add nor remove any
     */
    @SuppressWarnings("unchecked") // Only entries of this type are added.
    public void forEach(Consumer<? super E> visitor) {
        for (TableEntry first : buckets) {
            for (TableEntry entry = first; entry != null; entry = entry.nextInBucket) {
                visitor.accept((E) entry);
            }
        }
    }

    /**
     * Runs the timers that are due, 4,096 at most.
     *
     * @param now the time in milliseconds, not before that of the last call
     */
    public void tick(long now) {
        wheel.run(now, this::run);
    }

    @SuppressWarnings("unchecked") // Only entries of this type are added.
    private void run(TableEntry entry, long now) {
        if (entry.deadline > now) {
            wheel.schedule(entry);
            return;
        }
        long deadline = timer.due((E) entry, now);
        if (entry.owner == null) {
            return; // The timer has removed it.
        }
        if (deadline == REMOVE) {
            counters.increment(TableCounter.EXPIRED);
            remove((E) entry);
            timer.expired((E) entry);
        } else if (!entry.isScheduled() && entry.rank != Rank.PINNED) {
            entry.deadline = deadline;
            wheel.schedule(entry);
        }
    }

    private void link(TableEntry entry, Rank rank) {
        entry.rank = rank;
        entry.owner.append(entry);
        if (rank == Rank.UNCONFIRMED) {
            TableEntry last = unconfirmed.agePrevious;
            entry.agePrevious = last;
            entry.ageNext = unconfirmed;
            last.ageNext = entry;
            unconfirmed.agePrevious = entry;
        }
    }

    private static void unlink(TableEntry entry) {
        entry.owner.unlink(entry);
        if (entry.rank == Rank.UNCONFIRMED) {
            entry.agePrevious.ageNext = entry.ageNext;
            entry.ageNext.agePrevious = entry.agePrevious;
            entry.agePrevious = null;
            entry.ageNext = null;
        }
    }

    private int bucket(int scope, long high, long low) {
        return (int) hash.hash(scope, high, low) & buckets.length - 1;
    }

    private static void check(TableEntry entry) {
        if (entry.owner == null) {
            throw new IllegalStateException("entry is in no table: " + entry);
        }
    }

    /** How many entries a search for this key compares at most. */
    int probes(int scope, long high, long low) {
        int probes = 0;
        for (TableEntry entry = buckets[bucket(scope, high, low)]; entry != null; entry = entry.nextInBucket) {
            probes++;
        }
        return probes;
    }

    /** The two ends of a list. */
    private static final class Anchor extends TableEntry {
        Anchor() {
            super(0, 0, 0);
            this.agePrevious = this;
            this.ageNext = this;
        }
    }

    /**
     * What happens when the time of an entry has come.
     *
     * @param <E> the type of the entries
     */
    public interface Timer<E> {
        /**
         * The deadline of the entry has passed. It may add and remove entries.
         *
         * @param entry in the table
         * @param now the time in milliseconds
         * @return when to be called again, or {@link FairTable#REMOVE}
         */
        long due(E entry, long now);

        /**
         * The entry has been removed because {@link #due} said so. Does nothing unless overridden.
         *
         * @param entry in no table any more
         */
        default void expired(E entry) {}
    }

    /**
     * Settings of a table.
     *
     * @param <E> the type of the entries
     */
    public static final class Builder<E extends TableEntry> {
        private KeyedHash hash = KeyedHash.ofProcess();
        private int capacity = 8_192;
        private int budget = Integer.MAX_VALUE;
        private Timer<? super E> timer = (entry, now) -> REMOVE;
        private Consumer<? super E> evicted = entry -> {};

        private Builder() {}

        /**
         * Sets how many entries there may be. Default 8,192.
         *
         * @param entries 1 to 2^24
         * @return this
         * @throws IllegalArgumentException if the number is out of range
         */
        public Builder<E> capacity(int entries) {
            if (entries < 1 || entries > 1 << 24) {
                throw new IllegalArgumentException("capacity=" + entries + " (expected: 1 to " + (1 << 24) + ")");
            }
            capacity = entries;
            return this;
        }

        /**
         * Sets how many entries an owner may have. Default: all of them.
         *
         * @param entries at least 1; a number above the capacity means the capacity
         * @return this
         * @throws IllegalArgumentException if the number is below 1
         */
        public Builder<E> budget(int entries) {
            if (entries < 1) {
                throw new IllegalArgumentException("budget=" + entries + " (expected: at least 1)");
            }
            budget = entries;
            return this;
        }

        /**
         * Sets what happens when the time of an entry has come. Default: it is removed.
         *
         * @param timer called on the thread of {@link FairTable#tick}
         * @return this
         */
        public Builder<E> timer(Timer<? super E> timer) {
            this.timer = Objects.requireNonNull(timer, "timer");
            return this;
        }

        /**
         * Sets who is notified of evictions. Default: nobody.
         *
         * @param listener called with each entry after it was evicted; must not change the table
         * @return this
         */
        public Builder<E> evicted(Consumer<? super E> listener) {
            evicted = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /**
         * Sets the hash, for tests. Default: {@link KeyedHash#ofProcess}.
         *
         * @param hash of keys and owners
         * @return this
         */
        public Builder<E> hash(KeyedHash hash) {
            this.hash = Objects.requireNonNull(hash, "hash");
            return this;
        }

        /**
         * Makes a table.
         *
         * @return a new table without entries
         */
        public FairTable<E> build() {
            return new FairTable<>(this);
        }
    }
}
