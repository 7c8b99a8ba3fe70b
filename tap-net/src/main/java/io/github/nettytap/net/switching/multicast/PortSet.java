/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import java.util.Arrays;

/** Ports by their index. Immutable, so that it is read without a lock while another takes its place. */
final class PortSet {

    static final PortSet NONE = new PortSet(new long[0]);

    private final long[] words;

    private PortSet(long[] words) {
        this.words = words;
    }

    boolean contains(int port) {
        int word = port >>> 6;
        return word < words.length && (words[word] >>> port & 1) != 0;
    }

    boolean isEmpty() {
        return words.length == 0;
    }

    PortSet with(int port) {
        if (contains(port)) {
            return this;
        }
        long[] more = Arrays.copyOf(words, Math.max(words.length, (port >>> 6) + 1));
        more[port >>> 6] |= 1L << port;
        return new PortSet(more);
    }

    PortSet without(int port) {
        if (!contains(port)) {
            return this;
        }
        long[] fewer = words.clone();
        fewer[port >>> 6] &= ~(1L << port);
        int length = fewer.length;
        while (length > 0 && fewer[length - 1] == 0) {
            length--;
        }
        return length == 0 ? NONE : new PortSet(Arrays.copyOf(fewer, length));
    }

    /** The next port that is one of them, from an index on, or -1. */
    int next(int from) {
        for (int word = from >>> 6; word < words.length; word++) {
            long bits = words[word] & (word == from >>> 6 ? -1L << from : -1L);
            if (bits != 0) {
                return (word << 6) + Long.numberOfTrailingZeros(bits);
            }
        }
        return -1;
    }
}
