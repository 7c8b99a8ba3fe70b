/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import org.junit.jupiter.api.Test;

class VirtioNetFrameTest {

    @Test
    void headerRoundTrips() {
        ByteBuf packet = Frames.tcp4().gsoFrame(24, 50);
        packet.setShortLE(20, 34).setShortLE(22, 70).setByte(0, 9);
        String expected = ByteBufUtil.hexDump(packet, 0, 24);
        VirtioNetFrame frame = VirtioNetFrame.parse(packet, 24);
        ByteBuf header = Unpooled.buffer(30).writeLong(-1).writeLong(-1).writeLong(-1);

        frame.writeHeader(header, 0, 24);

        assertThat(ByteBufUtil.hexDump(header)).isEqualTo(expected);
        frame.release();
    }

    @Test
    void copyDuplicateAndReplaceKeepTheHeader() {
        ByteBuf content = Frames.udp4().frame();
        VirtioNetFrame frame = VirtioNetFrame.gsoFrame(content, VirtioNetHeader.GSO_UDP_L4, 50, 34, 6, 42)
                .tunnelled(1, 2, true);
        VirtioNetFrame copy = frame.copy();
        VirtioNetFrame duplicate = frame.retainedDuplicate();
        VirtioNetFrame replaced = frame.replace(Unpooled.EMPTY_BUFFER);

        for (VirtioNetFrame other : new VirtioNetFrame[] {copy, duplicate, replaced, frame.duplicate()}) {
            assertThat(other.gsoType()).isEqualTo(VirtioNetHeader.GSO_UDP_L4);
            assertThat(other.gsoSize()).isEqualTo(50);
            assertThat(other.checksumStart()).isEqualTo(34);
            assertThat(other.checksumOffset()).isEqualTo(6);
            assertThat(other.headerLengthHint()).isEqualTo(42);
            assertThat(other.outerTransportOffset()).isEqualTo(1);
            assertThat(other.innerNetworkOffset()).isEqualTo(2);
            assertThat(other.flags()).isEqualTo(9);
        }
        assertThat(copy.content()).isEqualTo(content).isNotSameAs(content);
        copy.release();
        duplicate.release();
        replaced.release();
        assertThat(frame.release()).isTrue();
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void retainAndTouchReturnTheFrame() {
        VirtioNetFrame frame = VirtioNetFrame.complete(Unpooled.buffer().writeZero(14), ChecksumState.VALID);

        assertThat(frame.retain()).isSameAs(frame);
        assertThat(frame.retain(2)).isSameAs(frame);
        assertThat(frame.touch()).isSameAs(frame);
        assertThat(frame.touch("hint")).isSameAs(frame);
        assertThat(frame.release(4)).isTrue();
    }

    @Test
    void releasedFrameHasNoContent() {
        VirtioNetFrame frame = VirtioNetFrame.complete(Unpooled.buffer().writeZero(14), ChecksumState.NONE);
        frame.release();

        assertThatThrownBy(frame::content).isInstanceOf(IllegalReferenceCountException.class);
        assertThat(frame).hasToString("VirtioNetFrame(released)");
    }

    @Test
    void partialWithoutItsPlaceIsRefused() {
        assertThatThrownBy(() -> VirtioNetFrame.complete(Unpooled.EMPTY_BUFFER, ChecksumState.PARTIAL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("partial checksum without its place: checksum=PARTIAL");
    }

    @Test
    void recycledFrameRemembersNothing() {
        for (int i = 0; i < 10_000; i++) {
            VirtioNetFrame.gsoFrame(Unpooled.EMPTY_BUFFER, 5, 50, 34, 6, 42)
                    .tunnelled(1, 2, true)
                    .release();
            VirtioNetFrame frame = VirtioNetFrame.complete(Unpooled.EMPTY_BUFFER, ChecksumState.NONE);

            assertThat(frame.flags() | frame.gsoType() | frame.gsoSize() | frame.checksumStart())
                    .isZero();
            assertThat(frame.checksumOffset() | frame.headerLengthHint()).isZero();
            assertThat(frame.outerTransportOffset() | frame.innerNetworkOffset())
                    .isZero();
            frame.release();
        }
    }

    @Test
    void frameIsExclusiveUntilItsMemoryIsShared() {
        ByteBuf slab = PooledByteBufAllocator.DEFAULT.directBuffer(256).writeZero(100);
        VirtioNetFrame frame = VirtioNetFrame.parse(slab.readRetainedSlice(60), 12);

        assertThat(frame.isExclusive()).isTrue();
        VirtioNetFrame duplicate = frame.retainedDuplicate();
        assertThat(frame.isExclusive()).isFalse();
        assertThat(duplicate.isExclusive()).isFalse();
        duplicate.release();
        assertThat(frame.isExclusive()).isTrue();
        frame.retain();
        assertThat(frame.isExclusive()).isFalse();
        frame.release(2);
        slab.release();
    }
}
