/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

class InternetChecksumTest {

    private static final int LONGEST = 65_549;

    @Test
    void sumOfTheExampleOfRfc1071() {
        ByteBuf bytes = bytes("0001f203f4f5f6f7");

        assertThat(InternetChecksum.sum(bytes, 0, 8)).isEqualTo(0xddf2);
        assertThat(InternetChecksum.complement(0xddf2)).isEqualTo(0x220d);
    }

    @Test
    void headerWithItsChecksumSumsToAllOnes() {
        ByteBuf header = bytes("45000073000040004011b861c0a80001c0a800c7");

        assertThat(InternetChecksum.sum(header, 0, 20)).isEqualTo(0xffff);
        header.setShort(10, 0);
        Ipv4Header.updateChecksum(header, 0);
        assertThat(Ipv4Header.checksum(header, 0)).isEqualTo(0xb861);
    }

    @Test
    void lastOddByteCountsAsFollowedByZero() {
        assertThat(InternetChecksum.sum(bytes("ab"), 0, 1)).isEqualTo(0xab00);
        assertThat(InternetChecksum.sum(bytes("000102"), 0, 3)).isEqualTo(0x0201);
    }

    @Test
    void sumIsZeroOnlyForZeros() {
        assertThat(InternetChecksum.sum(Unpooled.wrappedBuffer(new byte[500]), 0, 500))
                .isZero();
        assertThat(InternetChecksum.sum(bytes("ffff"), 0, 2)).isEqualTo(0xffff);
        assertThat(InternetChecksum.sum(bytes("0001fffe"), 0, 4)).isEqualTo(0xffff);
    }

    @Test
    void everyLengthTo2000AtEveryAlignmentEqualsTheReference() {
        byte[] random = random(2_000 + 8);
        ByteBuf direct = Unpooled.directBuffer(random.length).writeBytes(random);
        ByteBuf heap = Unpooled.wrappedBuffer(random);
        try {
            for (int alignment = 0; alignment < 8; alignment++) {
                for (int length = 0; length <= 2_000; length++) {
                    int expected = reference(random, alignment, length);
                    assertThat(InternetChecksum.sum(direct, alignment, length)).isEqualTo(expected);
                    assertThat(InternetChecksum.sum(heap, alignment, length)).isEqualTo(expected);
                }
            }
        } finally {
            direct.release();
        }
    }

    @Test
    void everyLengthToTheLargestFrameAtEveryAlignmentEqualsTheReference() {
        byte[] random = random(LONGEST + 8);
        ByteBuf direct = Unpooled.directBuffer(random.length).writeBytes(random);
        try {
            for (int alignment = 0; alignment < 8; alignment++) {
                int expected = 0;
                for (int length = 0; length <= LONGEST; length++) {
                    if (InternetChecksum.sum(direct, alignment, length) != expected) {
                        throw new AssertionError("alignment=" + alignment + ", length=" + length);
                    }
                    expected = add(expected, random, alignment, length);
                }
            }
        } finally {
            direct.release();
        }
    }

    @Test
    void sumOfNioMemoryLeavesTheBufferAsItWas() {
        byte[] random = random(1_000);
        ByteBuffer memory =
                ByteBuffer.allocateDirect(1_000).put(0, random).position(7).limit(900);

        assertThat(InternetChecksum.sum(memory, 13, 801)).isEqualTo(reference(random, 13, 801));
        assertThat(memory.position()).isEqualTo(7);
        assertThat(memory.limit()).isEqualTo(900);
        assertThat(memory.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    }

    @Test
    void allOnesCarryEverywhere() {
        byte[] ones = new byte[LONGEST];
        Arrays.fill(ones, (byte) 0xff);
        ByteBuf buffer = Unpooled.wrappedBuffer(ones);

        for (int length : new int[] {2, 64, 96, 98, 1_500, LONGEST - 1}) {
            assertThat(InternetChecksum.sum(buffer, 0, length)).isEqualTo(0xffff);
        }
        assertThat(InternetChecksum.sum(buffer, 0, LONGEST)).isEqualTo(reference(ones, 0, LONGEST));
    }

    @Test
    void pooledSlicesAndCompositesWithOddPartsSumAsOneBuffer() {
        byte[] random = random(3_001);
        ByteBuf whole = ByteBufAllocator.DEFAULT.directBuffer(random.length).writeBytes(random);
        ByteBuf composite = Unpooled.compositeBuffer()
                .addComponents(
                        true,
                        whole.retainedSlice(0, 333),
                        Unpooled.copiedBuffer(random, 333, 1_000),
                        whole.retainedSlice(1_333, 1),
                        whole.retainedSlice(1_334, 1_667));
        try {
            for (int index = 0; index < 400; index += 7) {
                for (int length = 0; length <= random.length - index; length += 13) {
                    int expected = reference(random, index, length);
                    assertThat(InternetChecksum.sum(composite, index, length)).isEqualTo(expected);
                    assertThat(InternetChecksum.sum(whole.slice(index, length), 0, length))
                            .isEqualTo(expected);
                }
            }
        } finally {
            composite.release();
            whole.release();
        }
    }

    @Test
    void sumOutsideTheBufferIsRefused() {
        ByteBuf part = Unpooled.wrappedBuffer(new byte[400]).slice(0, 200);

        assertThatThrownBy(() -> InternetChecksum.sum(part, 100, 101)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> InternetChecksum.sum(part, 190, 11)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> InternetChecksum.sum(part, -1, 150)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void updateOfTheExampleOfRfc1624GivesPositiveZero() {
        assertThat(InternetChecksum.update(0xdd2f, 0x5555, 0x3285)).isZero();
    }

    @Test
    void updateThatChangesNothingKeepsAZeroChecksum() {
        assertThat(InternetChecksum.update(0, 0x1234, 0x1234)).isZero();
    }

    @Test
    void updatesEqualTheSumTakenAnew() {
        Random random = new Random(1624);
        byte[] bytes = new byte[40];
        for (int i = 0; i < 100_000; i++) {
            random.nextBytes(bytes);
            ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
            int before = InternetChecksum.complement(reference(bytes, 0, 40));
            int oldWord = buffer.getUnsignedShort(6);
            int oldWide = buffer.getInt(20);
            int newWord = random.nextInt(0x10000);
            int newWide = random.nextInt();
            buffer.setShort(6, newWord).setInt(20, newWide);

            int updated =
                    InternetChecksum.update32(InternetChecksum.update(before, oldWord, newWord), oldWide, newWide);

            assertThat(updated).isEqualTo(InternetChecksum.complement(reference(bytes, 0, 40)));
        }
    }

    @Test
    void udpChecksumIsNeverZero() {
        assertThat(InternetChecksum.udp(0)).isEqualTo(0xffff);
        assertThat(InternetChecksum.udp(1)).isEqualTo(1);
        assertThat(InternetChecksum.udp(0xffff)).isEqualTo(0xffff);
    }

    @Test
    void pseudoHeadersEqualTheirBytesSummed() {
        byte[] v4 = random(20);
        byte[] v6 = random(40);
        ByteBuf pseudo4 = Unpooled.buffer().writeBytes(v4, 12, 8).writeShort(17).writeShort(1_000);
        ByteBuf pseudo6 =
                Unpooled.buffer().writeBytes(v6, 8, 32).writeInt(70_000).writeInt(6);

        assertThat(InternetChecksum.pseudoHeaderV4(Unpooled.wrappedBuffer(v4), 0, 17, 1_000))
                .isEqualTo(reference(pseudo4.array(), 0, 12));
        assertThat(InternetChecksum.pseudoHeaderV6(Unpooled.wrappedBuffer(v6), 0, 6, 70_000))
                .isEqualTo(reference(pseudo6.array(), 0, 40));
    }

    private static int reference(byte[] bytes, int index, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum = add(sum, bytes, index, i);
        }
        return sum;
    }

    private static int add(int sum, byte[] bytes, int index, int i) {
        int octet = bytes[index + i] & 0xff;
        int result = sum + (i % 2 == 0 ? octet << 8 : octet);
        return result > 0xffff ? result - 0xffff : result;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(1071).nextBytes(bytes);
        return bytes;
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }
}
