/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.CountedBuf;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.embedded.EmbeddedChannel;

import java.util.Arrays;

class VirtioNetCodecFuzzTest {

    /** Every packet is passed on or counted; what is passed on leaves as it came, but for bytes that mean nothing. */
    @FuzzTest(maxDuration = "1m")
    void anyPacketIsPassedOnOrCounted(byte[] data) {
        int headerLength = new int[] {10, 12, 20, 24}[data.length == 0 ? 0 : data[0] & 3];
        int from = Math.min(1, data.length);
        VirtioNetCodec codec = new VirtioNetCodec(VnetHeader.ofLength(headerLength));
        EmbeddedChannel channel = new EmbeddedChannel(codec);
        CountedBuf packet = new CountedBuf(Arrays.copyOfRange(data, from, data.length));
        FrameVerdict verdict = FrameValidator.validate(packet, 0, packet.writerIndex(), headerLength);
        packet.clearReads();
        channel.writeInbound(packet);
        // The header, and a walk over extension headers of eight bytes each, which may be read a few times.
        assertThat(packet.reads()).isLessThan(200 + data.length);
        VirtioNetFrame frame = channel.readInbound();
        long counted = Arrays.stream(FrameVerdict.values())
                .mapToLong(codec::malformedInbound)
                .sum();
        assertThat(counted).isEqualTo(frame == null ? 1 : 0);
        if (frame == null) {
            assertThat(verdict).isNotEqualTo(FrameVerdict.WELL_FORMED);
            assertThat(codec.malformedInbound(verdict)).isOne();
        } else {
            // A plain frame is not asked for its hdr_len, which does not travel on.
            assertThat(verdict).isIn(FrameVerdict.WELL_FORMED, FrameVerdict.HEADER_LENGTH);
            String content = ByteBufUtil.hexDump(frame.content());
            assertThat(FrameValidator.validate(frame, headerLength)).isEqualTo(FrameVerdict.WELL_FORMED);
            channel.writeOutbound(frame);
            ByteBuf out = channel.readOutbound();
            assertThat(ByteBufUtil.hexDump(out).substring(2 * headerLength)).isEqualTo(content);
            assertThat(FrameValidator.validate(out, out.readerIndex(), out.writerIndex(), headerLength))
                    .isEqualTo(FrameVerdict.WELL_FORMED);
            out.release();
        }
        assertThat(packet.refCnt()).isZero();
        channel.finishAndReleaseAll();
    }
}
