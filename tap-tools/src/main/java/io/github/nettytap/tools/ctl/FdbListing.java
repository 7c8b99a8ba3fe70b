/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.net.switching.fdb.Fdb;

import java.util.Arrays;

/** FDB entries at one moment, 16 bytes each: a table may hold millions while a client reads them slowly. */
final class FdbListing {

    private static final Fdb.Kind[] KINDS = Fdb.Kind.values();
    private static final int KIND_BITS = 2;
    private static final int AGE_BITS = 46;

    private long[] numbers = new long[64];
    private int size;

    void add(long key, int port, Fdb.Kind kind, long age) {
        if (2 * size == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * numbers.length);
        }
        numbers[2 * size] = key;
        numbers[2 * size + 1] = ((long) port << KIND_BITS | kind.ordinal()) << AGE_BITS | age;
        size++;
    }

    int size() {
        return size;
    }

    long key(int i) {
        return numbers[2 * i];
    }

    int port(int i) {
        return (int) (numbers[2 * i + 1] >>> KIND_BITS + AGE_BITS);
    }

    Fdb.Kind kind(int i) {
        return KINDS[(int) (numbers[2 * i + 1] >>> AGE_BITS) & (1 << KIND_BITS) - 1];
    }

    long age(int i) {
        return numbers[2 * i + 1] & (1L << AGE_BITS) - 1;
    }
}
