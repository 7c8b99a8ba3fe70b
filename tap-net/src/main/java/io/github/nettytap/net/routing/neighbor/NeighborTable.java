/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.net.routing.port.RouterPort;

import java.util.function.Predicate;

/** Neighbors by port and address: a bounded hash table with chains, searched without an object for the key. */
final class NeighborTable {

    private static final int BUCKETS = 4096;

    private final Neighbor[] buckets = new Neighbor[BUCKETS];
    private final int capacity;
    private int size;

    NeighborTable(int capacity) {
        this.capacity = capacity;
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == capacity;
    }

    /** The neighbor, or null. */
    Neighbor find(RouterPort port, long high, long low) {
        Neighbor neighbor = buckets[bucket(high, low)];
        while (neighbor != null && (neighbor.low != low || neighbor.high != high || neighbor.port != port)) {
            neighbor = neighbor.next;
        }
        return neighbor;
    }

    /** Adds a neighbor that is not there, to a table that is not full. */
    Neighbor add(RouterPort port, long high, long low) {
        Neighbor neighbor = new Neighbor(port, high, low);
        int bucket = bucket(high, low);
        neighbor.next = buckets[bucket];
        buckets[bucket] = neighbor;
        size++;
        return neighbor;
    }

    /** Shows every neighbor, and removes those of which the visitor says so. */
    void removeIf(Predicate<Neighbor> visitor) {
        for (int i = 0; i < BUCKETS; i++) {
            Neighbor previous = null;
            for (Neighbor neighbor = buckets[i]; neighbor != null; neighbor = neighbor.next) {
                if (!visitor.test(neighbor)) {
                    previous = neighbor;
                    continue;
                }
                size--;
                if (previous == null) {
                    buckets[i] = neighbor.next;
                } else {
                    previous.next = neighbor.next;
                }
            }
        }
    }

    private static int bucket(long high, long low) {
        long product = (high ^ low) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (product >>> 52);
    }
}
