/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.table;

import io.github.nettytap.net.routing.packet.IpAddress;

import java.util.Arrays;

/**
 * Prefixes of 128 bits with a value each; finds the longest one that matches an address.
 *
 * <p>One hash table holds all prefixes, whatever their length. A search probes it once for each length in use, from the
 * longest down, so that it takes as long with a hundred thousand prefixes as with ten, and allocates nothing. IPv4
 * addresses are IPv4-mapped (RFC 4291, section 2.5.5.2), their prefixes 96 bits longer.
 *
 * <p>Not thread-safe.
 *
 * @param <V> the type of the values, of which none is null
 */
public final class PrefixTable<V> {

    static final int MAX_LENGTH = 128;

    private static final int INITIAL_SLOTS = 64;

    private long[] highs = new long[INITIAL_SLOTS];
    private long[] lows = new long[INITIAL_SLOTS];
    private short[] lengths = new short[INITIAL_SLOTS];
    private Object[] values = new Object[INITIAL_SLOTS];
    private int size;

    /** The lengths in use, descending. */
    private int[] lengthsInUse = {};

    /** Makes an empty table. */
    public PrefixTable() {}

    /**
     * How many prefixes there are.
     *
     * @return the number of prefixes
     */
    public int size() {
        return size;
    }

    /**
     * Adds a prefix, or replaces its value.
     *
     * @param high the upper half of an address; bits behind the length do not matter
     * @param low the lower half
     * @param length 0 to 128
     * @param value what to find
     */
    public void put(long high, long low, int length, V value) {
        if (2 * size >= values.length) {
            grow();
        }
        if (insert(high & IpAddress.highMask(length), low & IpAddress.lowMask(length), length, value)) {
            size++;
            if (Arrays.stream(lengthsInUse).noneMatch(used -> used == length)) {
                int[] more = Arrays.copyOf(lengthsInUse, lengthsInUse.length + 1);
                int place = more.length - 1;
                for (; place > 0 && more[place - 1] < length; place--) {
                    more[place] = more[place - 1];
                }
                more[place] = length;
                lengthsInUse = more;
            }
        }
    }

    /** The value of exactly this prefix, or null. */
    V get(long high, long low, int length) {
        return valueAt(slot(high & IpAddress.highMask(length), low & IpAddress.lowMask(length), length));
    }

    /**
     * The value of the longest prefix that the address starts with, or null.
     *
     * @param high the upper half of the address, IPv4 mapped
     * @param low the lower half
     * @return the value, or null if no prefix matches
     */
    public V find(long high, long low) {
        for (int length : lengthsInUse) {
            V value = valueAt(slot(high & IpAddress.highMask(length), low & IpAddress.lowMask(length), length));
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** The slot of the prefix, or the free one where it belongs. */
    private int slot(long high, long low, int length) {
        int mask = values.length - 1;
        int slot = hash(high, low, length) & mask;
        while (values[slot] != null && (lengths[slot] != length || highs[slot] != high || lows[slot] != low)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private boolean insert(long high, long low, int length, Object value) {
        int slot = slot(high, low, length);
        boolean isNew = values[slot] == null;
        highs[slot] = high;
        lows[slot] = low;
        lengths[slot] = (short) length;
        values[slot] = value;
        return isNew;
    }

    private void grow() {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        short[] oldLengths = lengths;
        Object[] oldValues = values;
        int slots = 2 * oldValues.length;
        highs = new long[slots];
        lows = new long[slots];
        lengths = new short[slots];
        values = new Object[slots];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldValues[i] != null) {
                insert(oldHighs[i], oldLows[i], oldLengths[i], oldValues[i]);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private V valueAt(int slot) {
        return (V) values[slot];
    }

    /** Any bits of it will do as the number of a slot. */
    static int hash(long high, long low, int length) {
        // Odd multipliers without structure. Only the upper bits of a product depend on all bits of its factors, and
        // the
        // low ones of an IPv4 network are all zero: so the halves are joined before the last one.
        long product = (high * 0x9e37_79b9_7f4a_7c15L ^ Long.rotateLeft(low, 32)) * 0xc2b2_ae3d_27d4_eb4fL + length;
        product = (product ^ product >>> 32) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (product >>> 32);
    }
}
