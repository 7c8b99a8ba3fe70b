/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import java.util.Arrays;

/**
 * Between which hosts a frame came whose flow it does not say, and how many runs had begun by then: these may be of
 * its flow, so nothing may be appended to them. One entry whatever the number of runs between the two, since whoever
 * sends fragments also chooses how many flows there are.
 *
 * <p>Hosts are known by their keyed hash. If two share one, a run ends that might have gone on, which is no error.
 */
final class EndedHosts {

    private static final int MIN_CAPACITY = 16;

    private int[] hashes = new int[MIN_CAPACITY];
    /** The number of runs, and one, so that 0 is an empty slot. */
    private int[] limits = new int[MIN_CAPACITY];

    private int size;
    private long probes;

    /** Ends the runs that have begun between these hosts. */
    void add(int hash, int runs) {
        if (2 * size >= hashes.length) {
            grow();
        }
        put(hash, runs + 1);
    }

    private void put(int hash, int limit) {
        int slot = slot(hash);
        size += limits[slot] == 0 ? 1 : 0;
        hashes[slot] = hash;
        limits[slot] = limit;
    }

    private int slot(int hash) {
        int mask = hashes.length - 1;
        int slot = hash & mask;
        for (probes++; limits[slot] != 0 && hashes[slot] != hash; probes++) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        int[] oldHashes = hashes;
        int[] oldLimits = limits;
        hashes = new int[2 * oldHashes.length];
        limits = new int[hashes.length];
        size = 0;
        for (int i = 0; i < oldHashes.length; i++) {
            if (oldLimits[i] != 0) {
                put(oldHashes[i], oldLimits[i]);
            }
        }
    }

    /** Tells whether a run between these hosts, before which so many had begun, was ended. */
    boolean isEnded(int hash, int order) {
        return size > 0 && order < limits[slot(hash)] - 1;
    }

    void clear() {
        if (size > 0) {
            Arrays.fill(limits, 0);
            size = 0;
        }
    }

    long probes() {
        return probes;
    }
}
