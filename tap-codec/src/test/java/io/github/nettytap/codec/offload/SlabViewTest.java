/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlabViewTest {

    // Of a size class of 1,024 bytes, up to which it grows in place.
    private final ByteBuf slab = PooledByteBufAllocator.DEFAULT.directBuffer(1_000);
    private final SlabView view = new SlabView();

    @AfterEach
    void release() {
        slab.release();
    }

    @Test
    void sliceIsSummedWhereItLies() {
        fill(1_000);

        assertSummed(slab.slice(14, 700), 3, 650);
        assertSummed(slab.slice(300, 700).slice(1, 600), 0, 600);
        assertSummed(slab, 0, 1_000);
    }

    @Test
    void sliceOfASlabThatGrewInPlaceIsSummed() {
        fill(1_000);
        assertSummed(slab.slice(0, 500), 0, 500);

        long address = slab.memoryAddress();
        slab.capacity(1_024);
        fill(24);

        assertThat(slab.memoryAddress()).isEqualTo(address);
        assertSummed(slab.slice(900, 124), 0, 124);
    }

    @Test
    void anotherSlabIsSummedInItsTurn() {
        fill(1_000);
        assertSummed(slab.slice(0, 500), 0, 500);
        ByteBuf other = PooledByteBufAllocator.DEFAULT.directBuffer(2_000).writeZero(1_500);
        other.setByte(1_400, 7);
        try {
            assertSummed(other.slice(100, 1_400), 0, 1_400);
            assertSummed(slab.slice(0, 500), 0, 500);
        } finally {
            other.release();
        }
    }

    private void fill(int length) {
        for (int i = 0; i < length; i++) {
            slab.writeByte(i * 31 + 7);
        }
    }

    private void assertSummed(ByteBuf buffer, int index, int length) {
        assertThat(view.sum(buffer, index, length)).isEqualTo(InternetChecksum.sum(buffer, index, length));
    }
}
