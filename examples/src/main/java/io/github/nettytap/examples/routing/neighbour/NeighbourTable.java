/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.routing.neighbour;

import io.github.nettytap.examples.routing.port.RouterPort;

import java.util.function.Predicate;

/** Neighbours by port and address: a bounded hash table with chains, searched without an object for the key. */
final class NeighbourTable {

    private static final int BUCKETS = 4096;

    private final Neighbour[] buckets = new Neighbour[BUCKETS];
    private final int capacity;
    private int size;

    NeighbourTable(int capacity) {
        this.capacity = capacity;
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == capacity;
    }

    /** The neighbour, or null. */
    Neighbour find(RouterPort port, long high, long low) {
        Neighbour neighbour = buckets[bucket(high, low)];
        while (neighbour != null && (neighbour.low != low || neighbour.high != high || neighbour.port != port)) {
            neighbour = neighbour.next;
        }
        return neighbour;
    }

    /** Adds a neighbour that is not there, to a table that is not full. */
    Neighbour add(RouterPort port, long high, long low) {
        Neighbour neighbour = new Neighbour(port, high, low);
        int bucket = bucket(high, low);
        neighbour.next = buckets[bucket];
        buckets[bucket] = neighbour;
        size++;
        return neighbour;
    }

    /** Shows every neighbour, and removes those of which the visitor says so. */
    void removeIf(Predicate<Neighbour> visitor) {
        for (int i = 0; i < BUCKETS; i++) {
            Neighbour previous = null;
            for (Neighbour neighbour = buckets[i]; neighbour != null; neighbour = neighbour.next) {
                if (!visitor.test(neighbour)) {
                    previous = neighbour;
                    continue;
                }
                size--;
                if (previous == null) {
                    buckets[i] = neighbour.next;
                } else {
                    previous.next = neighbour.next;
                }
            }
        }
    }

    private static int bucket(long high, long low) {
        long product = (high ^ low) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (product >>> 52);
    }
}
