/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Against SipHash written as its paper has it: any number of bytes, rounds as parameters. */
class KeyedHashTest {

    @Test
    void oracleIsSipHash() {
        // The test vector of the paper's appendix A: SipHash-2-4 of the bytes 0 to 14.
        byte[] input = new byte[15];
        for (int i = 0; i < input.length; i++) {
            input[i] = (byte) i;
        }
        assertThat(sipHash(2, 4, 0x0706050403020100L, 0x0f0e0d0c0b0a0908L, input))
                .isEqualTo(0xa129ca6149be45e5L);
    }

    @Test
    void isSipHash13OfTheKeysBytes() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            long k0 = random.nextLong();
            long k1 = random.nextLong();
            KeyedHash hash = new KeyedHash(k0, k1);
            int scope = random.nextInt();
            long high = random.nextLong();
            long low = random.nextLong();
            ByteBuffer words = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
            words.putLong(high).putLong(low).putInt(scope);
            assertThat(hash.hash(scope, high, low)).isEqualTo(sipHash(1, 3, k0, k1, words.array()));
            ByteBuffer word =
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, low);
            assertThat(hash.hash(low)).isEqualTo(sipHash(1, 3, k0, k1, word.array()));
        }
    }

    @Test
    void everyProcessHasItsOwn() {
        assertThat(KeyedHash.random().hash(1)).isNotEqualTo(KeyedHash.random().hash(1));
        assertThat(KeyedHash.ofProcess()).isSameAs(KeyedHash.ofProcess());
    }

    private static long sipHash(int rounds, int last, long k0, long k1, byte[] input) {
        long[] v = {
            k0 ^ 0x736f6d6570736575L, k1 ^ 0x646f72616e646f6dL, k0 ^ 0x6c7967656e657261L, k1 ^ 0x7465646279746573L
        };
        ByteBuffer padded = ByteBuffer.allocate(input.length / 8 * 8 + 8).order(ByteOrder.LITTLE_ENDIAN);
        padded.put(input).put(padded.capacity() - 1, (byte) input.length).rewind();
        while (padded.hasRemaining()) {
            long word = padded.getLong();
            v[3] ^= word;
            rounds(v, rounds);
            v[0] ^= word;
        }
        v[2] ^= 0xff;
        rounds(v, last);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void rounds(long[] v, int count) {
        for (int i = 0; i < count; i++) {
            v[0] += v[1];
            v[2] += v[3];
            v[1] = Long.rotateLeft(v[1], 13) ^ v[0];
            v[3] = Long.rotateLeft(v[3], 16) ^ v[2];
            v[0] = Long.rotateLeft(v[0], 32);
            v[2] += v[1];
            v[0] += v[3];
            v[1] = Long.rotateLeft(v[1], 17) ^ v[2];
            v[3] = Long.rotateLeft(v[3], 21) ^ v[0];
            v[2] = Long.rotateLeft(v[2], 32);
        }
    }
}
