/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import java.security.SecureRandom;

/**
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF") of keys of fixed lengths, with a secret: who
 * does not know the secret cannot choose keys with equal hashes, not even after watching which of them collide. A
 * seeded multiplication would be faster, but it is linear: one collision that is noticed gives all the others.
 *
 * <p>Immutable, for any thread; nothing is allocated.
 */
public final class KeyedHash {

    private static final KeyedHash OF_PROCESS = random();

    private static final long BYTES_SHIFT = 56;

    private final long v0;
    private final long v1;
    private final long v2;
    private final long v3;

    /**
     * A hash with a given secret, for tests that must find the same hashes again.
     *
     * @param k0 the first half of the secret
     * @param k1 the second half
     */
    public KeyedHash(long k0, long k1) {
        v0 = k0 ^ 0x736f6d6570736575L;
        v1 = k1 ^ 0x646f72616e646f6dL;
        v2 = k0 ^ 0x6c7967656e657261L;
        v3 = k1 ^ 0x7465646279746573L;
    }

    /**
     * The hash of this process, with a secret that was drawn when the class was loaded.
     *
     * @return the same hash each time
     */
    public static KeyedHash ofProcess() {
        return OF_PROCESS;
    }

    /**
     * A hash with a new secret.
     *
     * @return a hash whose secret comes from {@link SecureRandom}
     */
    public static KeyedHash random() {
        SecureRandom random = new SecureRandom();
        return new KeyedHash(random.nextLong(), random.nextLong());
    }

    /**
     * The hash of 8 bytes, given as a little-endian number: a MAC address and a VLAN, an owner.
     *
     * @param key the bytes, the first of them in the lowest 8 bits
     * @return 64 bits, any of which may select a bucket
     */
    public long hash(long key) {
        return finish(v0, v1, v2, v3, 0, key, false, 8L << BYTES_SHIFT);
    }

    /**
     * The hash of 20 bytes, given as little-endian numbers: two words, such as an IPv6 address, and their scope.
     *
     * @param scope the last 4 bytes
     * @param high the first 8 bytes
     * @param low the 8 bytes between
     * @return 64 bits, any of which may select a bucket
     */
    public long hash(int scope, long high, long low) {
        return finish(v0, v1, v2, v3, high, low, true, 20L << BYTES_SHIFT | scope & 0xffff_ffffL);
    }

    private static long finish(long a, long b, long c, long d, long first, long second, boolean hasFirst, long last) {
        long v0 = a;
        long v1 = b;
        long v2 = c;
        long v3 = d;
        // Rounds 0 to 2 take a word each, rounds 3 to 5 finish.
        for (int round = hasFirst ? 0 : 1; round < 6; round++) {
            long word = round == 0 ? first : round == 1 ? second : round == 2 ? last : 0;
            v3 ^= word;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= word;
            if (round == 2) {
                v2 ^= 0xff;
            }
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
