/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.CountedBuf;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;

import java.util.ArrayList;
import java.util.List;

class SegmentationFuzzTest {

    private static final int HEADER = VirtioNetHeader.TUNNEL_LENGTH;

    /**
     * What is refused outputs nothing; what is cut comes out as frames with right checksums that need no header, with
     * all of the payload, and the packet is left as it was. The memory and the number of segments are linear in the
     * input.
     */
    @FuzzTest(maxDuration = "1m")
    void anyPacketIsRefusedOrCutIntoRightFrames(byte[] data) {
        CountedBuf packet = new CountedBuf(data);
        FrameVerdict verdict = FrameValidator.validate(packet, 0, packet.writerIndex(), HEADER);
        boolean gsoFrame = verdict == FrameVerdict.WELL_FORMED && packet.getByte(1) != 0;
        boolean tunnel = gsoFrame && (packet.getByte(1) & 0x60) != 0;
        if (gsoFrame && !tunnel) {
            writePseudoHeader(packet);
        }
        String before = ByteBufUtil.hexDump(packet);
        List<ByteBuf> segments = new ArrayList<>();
        UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true);
        packet.clearReads();
        assertThat(Segmentation.segment(packet, HEADER, 12, memory, segments::add))
                .isEqualTo(verdict);
        // What it costs is linear in the input: each byte of payload makes one segment with all headers at most.
        assertThat(segments.size()).isLessThanOrEqualTo(Math.max(1, data.length));
        assertThat(memory.metric().usedDirectMemory())
                .isLessThanOrEqualTo((FrameValidator.MAX_GSO_HEADERS + 13L) * Math.max(1, data.length));
        // The payload is read twice, for the copy and the sum; the headers once a segment.
        assertThat(packet.reads())
                .isLessThan(300 + data.length + (30 + FrameValidator.MAX_GSO_HEADERS / 8L) * segments.size());
        assertThat(ByteBufUtil.hexDump(packet)).isEqualTo(before);
        if (verdict != FrameVerdict.WELL_FORMED) {
            assertThat(segments).isEmpty();
        } else if (gsoFrame && !tunnel) {
            int headers = VirtioNetHeader.checksumStart(packet, 0)
                    + EthernetOffsets.transportHeader(packet, HEADER + VirtioNetHeader.checksumStart(packet, 0));
            int payload = 0;
            for (ByteBuf segment : segments) {
                payload += segment.readableBytes() - 12 - headers;
                assertThat(Checksums.verify(segment, 12, segment.writerIndex())).isNotEqualTo(Checksums.Result.WRONG);
            }
            assertThat(payload).isEqualTo(packet.writerIndex() - HEADER - headers);
        }
        for (ByteBuf segment : segments) {
            assertThat(FrameValidator.validate(segment, 0, segment.writerIndex(), 12))
                    .isEqualTo(FrameVerdict.WELL_FORMED);
            assertThat(VirtioNetHeader.isPlain(segment, 0)).isTrue();
            segment.release();
        }
        assertThat(packet.release()).isTrue();
    }

    /** The field of a partial checksum must hold the sum of the pseudo header, or no checksum comes out right. */
    private static void writePseudoHeader(ByteBuf packet) {
        int transport = HEADER + VirtioNetHeader.checksumStart(packet, 0);
        int ip = HEADER + EthernetOffsets.network(packet, HEADER);
        boolean v6 = packet.getUnsignedByte(ip) >>> 4 == 6;
        int offset = VirtioNetHeader.checksumOffset(packet, 0);
        int length = packet.writerIndex() - transport;
        int pseudo = Checksums.pseudoHeader(packet, ip, v6, offset == 6 ? 17 : 6, length);
        packet.setShort(transport + offset, pseudo);
    }
}
