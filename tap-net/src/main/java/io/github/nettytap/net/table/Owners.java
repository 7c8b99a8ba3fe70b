/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import io.github.nettytap.net.table.TableEntry.Rank;

/**
 * Those who own entries of a table: found by their key, and grouped by how many they have. An owner is there as long as
 * it has an entry, so there are never more owners than entries.
 */
final class Owners {

    private final KeyedHash hash;
    private final Owner[] buckets;

    /** By the number of binary digits of their counts: rings, of which one owner is known. */
    private final Owner[] classes = new Owner[Integer.SIZE];

    private int size;

    Owners(KeyedHash hash, int buckets) {
        this.hash = hash;
        this.buckets = new Owner[buckets];
    }

    int size() {
        return size;
    }

    Owner find(long key) {
        Owner owner = buckets[bucket(key)];
        while (owner != null && owner.key != key) {
            owner = owner.nextInBucket;
        }
        return owner;
    }

    /** Null if too many meet in one bucket. */
    Owner findOrAdd(long key) {
        int bucket = bucket(key);
        int probes = 0;
        for (Owner owner = buckets[bucket]; owner != null; owner = owner.nextInBucket) {
            if (owner.key == key) {
                return owner;
            }
            probes++;
        }
        if (probes >= FairTable.MAX_PROBES) {
            return null;
        }
        Owner owner = new Owner(key);
        owner.nextInBucket = buckets[bucket];
        buckets[bucket] = owner;
        size++;
        return owner;
    }

    /** The owner has one entry more. */
    void grow(Owner owner) {
        int before = owner.count++;
        reclassify(owner, before);
    }

    /** The owner has one entry less. */
    void shrink(Owner owner) {
        int before = owner.count--;
        reclassify(owner, before);
        if (owner.count == 0) {
            int bucket = bucket(owner.key);
            if (buckets[bucket] == owner) {
                buckets[bucket] = owner.nextInBucket;
            } else {
                Owner previous = buckets[bucket];
                while (previous.nextInBucket != owner) {
                    previous = previous.nextInBucket;
                }
                previous.nextInBucket = owner.nextInBucket;
            }
            size--;
        }
    }

    private void reclassify(Owner owner, int before) {
        int from = digits(before);
        int to = digits(owner.count);
        if (from == to) {
            return;
        }
        if (before > 0) {
            if (classes[from] == owner) {
                classes[from] = owner.next == owner ? null : owner.next;
            }
            owner.previous.next = owner.next;
            owner.next.previous = owner.previous;
        }
        if (owner.count > 0) {
            Owner other = classes[to];
            owner.next = other == null ? owner : other;
            owner.previous = other == null ? owner : other.previous;
            owner.previous.next = owner;
            owner.next.previous = owner;
            classes[to] = owner;
        }
    }

    private static int digits(int count) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(count);
    }

    /**
     * A confirmed entry of the owner that has the most; null if all of theirs are pinned, or nobody has more than
     * somebody with this many would have after one more. Those of a class take turns.
     */
    TableEntry leastUsedOfLargest(int count) {
        for (int i = classes.length - 1; i >= 0; i--) {
            Owner owner = classes[i];
            // A class in which the first few have nothing to give is passed over.
            for (int tries = 0; owner != null && tries < FairTable.MAX_SECOND_CHANCES; tries++) {
                classes[i] = owner.next;
                TableEntry entry = owner.count > count + 1 ? owner.leastUsed() : null;
                if (entry != null) {
                    return entry;
                }
                owner = owner.next;
            }
        }
        return null;
    }

    private int bucket(long key) {
        return (int) hash.hash(key) & buckets.length - 1;
    }

    /** One of them, with its entries, each list from the one that was added or passed over first. */
    static final class Owner {

        final long key;
        int count;
        Owner nextInBucket;
        Owner previous;
        Owner next;

        /** By rank. */
        private final TableEntry[] firsts = new TableEntry[3];

        private final TableEntry[] lasts = new TableEntry[3];

        Owner(long key) {
            this.key = key;
        }

        void append(TableEntry entry) {
            int rank = entry.rank.ordinal();
            TableEntry last = lasts[rank];
            entry.ownPrevious = last;
            if (last == null) {
                firsts[rank] = entry;
            } else {
                last.ownNext = entry;
            }
            lasts[rank] = entry;
        }

        void unlink(TableEntry entry) {
            int rank = entry.rank.ordinal();
            if (entry.ownPrevious == null) {
                firsts[rank] = entry.ownNext;
            } else {
                entry.ownPrevious.ownNext = entry.ownNext;
            }
            if (entry.ownNext == null) {
                lasts[rank] = entry.ownPrevious;
            } else {
                entry.ownNext.ownPrevious = entry.ownPrevious;
            }
            entry.ownPrevious = null;
            entry.ownNext = null;
        }

        TableEntry first(Rank rank) {
            return firsts[rank.ordinal()];
        }

        TableEntry oldestUnconfirmed() {
            return first(Rank.UNCONFIRMED);
        }

        /** A confirmed entry that was not used since it was looked at last: the clock algorithm, with a bound. */
        TableEntry leastUsed() {
            TableEntry entry = first(Rank.CONFIRMED);
            for (int i = 0; entry != null && entry.wasUsed() && i < FairTable.MAX_SECOND_CHANCES; i++) {
                entry.queueAgain();
                unlink(entry);
                append(entry);
                entry = first(Rank.CONFIRMED);
            }
            return entry;
        }
    }
}
