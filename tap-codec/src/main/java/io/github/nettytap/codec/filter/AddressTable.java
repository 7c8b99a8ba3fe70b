/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * A set of addresses, each with a VLAN: one array of longs, open addressing, linear probing.
 *
 * <pre>
 *  bit 63     60        48                                                0
 * +----------+---------+---------------------------------------------------+
 * |    0     |  VLAN   |                      address                      |
 * +----------+---------+---------------------------------------------------+
 * </pre>
 *
 * <p>At most two of three slots are used, so that a probe rarely leaves the cache line that it starts in; a million
 * addresses take 16 MiB. Filled by one thread, then only read, by any.
 */
final class AddressTable {

    /** In place of a VLAN: whatever VLAN the frame is of. Reserved as a VLAN by IEEE Std 802.1Q, table 9-2. */
    static final int ANY_VLAN = 0xfff;

    /** Not a key, whose upper four bits are zero. */
    private static final long EMPTY = -1;

    private static final int MIN_CAPACITY = 8;
    private static final int MAX_CAPACITY = 1 << 30;
    private static final long GOLDEN_RATIO = 0x9e3779b97f4a7c15L;
    private static final int VLAN_SHIFT = 48;

    private long[] slots;
    private int shift;
    private int size;

    AddressTable() {
        allocate(MIN_CAPACITY);
    }

    AddressTable(AddressTable other) {
        slots = other.slots.clone();
        shift = other.shift;
        size = other.size;
    }

    static long key(int vlan, long address) {
        return (long) vlan << VLAN_SHIFT | address;
    }

    static int vlan(long key) {
        return (int) (key >>> VLAN_SHIFT);
    }

    static long address(long key) {
        return key & (1L << VLAN_SHIFT) - 1;
    }

    private void allocate(int capacity) {
        slots = new long[capacity];
        Arrays.fill(slots, EMPTY);
        shift = Long.SIZE - Integer.numberOfTrailingZeros(capacity);
    }

    int size() {
        return size;
    }

    boolean contains(long key) {
        long[] table = slots;
        int mask = table.length - 1;
        int slot = (int) (key * GOLDEN_RATIO >>> shift);
        while (true) {
            long found = table[slot & mask];
            if (found == key) {
                return true;
            }
            if (found == EMPTY) {
                return false;
            }
            slot++;
        }
    }

    void add(long key) {
        if (contains(key)) {
            return;
        }
        // In long arithmetic: three times a size may exceed an int.
        if (3L * (size + 1) > 2L * slots.length) {
            grow();
        }
        insert(key);
        size++;
    }

    private void grow() {
        if (slots.length >= MAX_CAPACITY) {
            throw new IllegalStateException("address table full: addresses=" + size);
        }
        long[] old = slots;
        allocate(old.length << 1);
        for (long key : old) {
            if (key != EMPTY) {
                insert(key);
            }
        }
    }

    private void insert(long key) {
        int mask = slots.length - 1;
        int slot = (int) (key * GOLDEN_RATIO >>> shift) & mask;
        while (slots[slot] != EMPTY) {
            slot = slot + 1 & mask;
        }
        slots[slot] = key;
    }

    void forEach(LongConsumer consumer) {
        for (long key : slots) {
            if (key != EMPTY) {
                consumer.accept(key);
            }
        }
    }
}
