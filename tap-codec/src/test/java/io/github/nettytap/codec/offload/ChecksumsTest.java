/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.List;

class ChecksumsTest {

    @Test
    void completedChecksumIsTheWholeOne() {
        for (Frames frames : List.of(Frames.tcp4(), Frames.tcp6(), Frames.udp4(), Frames.udp6())) {
            for (int payload = 0; payload < 200; payload++) {
                frames.payload = payload;
                frames.partial = false;
                ByteBuf whole = frames.frame();
                frames.partial = true;
                ByteBuf partial = frames.frame();

                Checksums.complete(partial, 0, partial.writerIndex(), frames.transportOffset(), frames.udp ? 6 : 16);

                assertThat(ByteBufUtil.hexDump(partial)).isEqualTo(ByteBufUtil.hexDump(whole));
                whole.release();
                partial.release();
            }
        }
    }

    @Test
    void wholeFramesAreCorrectAlsoWhenPadded() {
        Frames tagged = Frames.udp6();
        tagged.tags = new int[] {1, 2};
        tagged.extensions = new byte[16];
        for (Frames frames : List.of(Frames.tcp4(), Frames.tcp6(), Frames.udp4(), Frames.udp6(), tagged)) {
            ByteBuf frame = frames.frame();

            assertThat(Checksums.verify(frame, 0, frame.writerIndex())).isEqualTo(Checksums.Result.CORRECT);
            frame.writeBytes(new byte[] {1, 2, 3});
            assertThat(Checksums.verify(frame, 0, frame.writerIndex())).isEqualTo(Checksums.Result.CORRECT);
            frame.release();
        }
    }

    @Test
    void everyFlippedBitBehindTheAddressesIsWrong() {
        for (Frames frames : List.of(Frames.tcp4(), Frames.udp4())) {
            frames.payload = 20;
            ByteBuf frame = frames.frame();
            for (int bit = 8 * 34; bit < 8 * frame.writerIndex(); bit++) {
                frame.setByte(bit / 8, frame.getByte(bit / 8) ^ 1 << bit % 8);
                assertThat(Checksums.verify(frame, 0, frame.writerIndex()))
                        .as("bit %d", bit)
                        .isEqualTo(Checksums.Result.WRONG);
                frame.setByte(bit / 8, frame.getByte(bit / 8) ^ 1 << bit % 8);
            }
            frame.release();
        }
    }

    @Test
    void wrongNetworkHeaderIsWrong() {
        ByteBuf frame = Frames.tcp4().frame();
        frame.setByte(22, 1);

        assertThat(Checksums.verify(frame, 0, frame.writerIndex())).isEqualTo(Checksums.Result.WRONG);
        frame.release();
    }

    @Test
    void absentUdpChecksumIsNobodysError() {
        Frames v4 = Frames.udp4();
        v4.zeroUdpChecksum = true;
        Frames v6 = Frames.udp6();
        v6.zeroUdpChecksum = true;
        ByteBuf frame4 = v4.frame();
        ByteBuf frame6 = v6.frame();

        assertThat(Checksums.verify(frame4, 0, frame4.writerIndex())).isEqualTo(Checksums.Result.NONE);
        assertThat(Checksums.verify(frame6, 0, frame6.writerIndex())).isEqualTo(Checksums.Result.NONE);
        frame4.release();
        frame6.release();
    }

    @Test
    void fragmentsOtherProtocolsAndRoutedPacketsHaveNothingToVerify() {
        Frames fragment = Frames.udp4();
        fragment.fragment = 0x2000;
        Frames routed = Frames.tcp6();
        routed.extensionType = 43;
        routed.extensions = new byte[] {0, 0, 4, 1, 0, 0, 0, 0};
        ByteBuf arp = Unpooled.buffer().writeZero(12).writeShort(0x0806).writeZero(46);
        for (ByteBuf frame : List.of(fragment.frame(), routed.frame(), arp)) {
            assertThat(Checksums.verify(frame, 0, frame.writerIndex())).isEqualTo(Checksums.Result.NONE);
            frame.release();
        }
    }

    @Test
    void udpLengthWithinThePacketBoundsTheSum() {
        ByteBuf frame = Frames.udp4().frame();
        UdpHeader.length(frame, 34, 7);

        assertThat(Checksums.verify(frame, 0, frame.writerIndex())).isEqualTo(Checksums.Result.WRONG);
        frame.release();
    }

    @Test
    void truncatedFramesNeverThrow() {
        for (Frames frames : List.of(Frames.tcp4(), Frames.udp6())) {
            ByteBuf frame = frames.frame();
            for (int limit = 0; limit < frame.writerIndex(); limit++) {
                assertThat(Checksums.verify(frame, 0, limit)).isNotEqualTo(Checksums.Result.CORRECT);
            }
            frame.release();
        }
    }
}
