/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.CountedBuf;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

class CoalescerFuzzTest {

    /**
     * Any frames, each behind its length in two bytes, come out as they were or in GSO frames that are well-formed and
     * that cut into what went in, but for identifications that stay the same. Memory, reads of the frames and
     * comparisons are linear in the input.
     */
    @FuzzTest(maxDuration = "1m")
    void anyFramesComeOutWhole(byte[] data) {
        Coalescer coalescer = new Coalescer();
        UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true);
        List<String> in = new ArrayList<>();
        List<CountedBuf> contents = new ArrayList<>();
        for (int at = 0; at + 2 <= data.length; ) {
            int length = Math.min((data[at] & 0xff) << 8 | data[at + 1] & 0xff, data.length - at - 2);
            CountedBuf content = new CountedBuf(Arrays.copyOfRange(data, at + 2, at + 2 + length));
            in.add(comparable(content));
            content.clearReads();
            contents.add(content);
            coalescer.add(VirtioNetFrame.complete(content, ChecksumState.NONE), memory);
            at += 2 + length;
        }
        List<String> out = new ArrayList<>();
        // No more than twice what came in, and a header in front.
        assertThat(memory.metric().usedDirectMemory()).isLessThanOrEqualTo(2L * data.length + 24L * in.size());
        // The headers once or twice, the payload once for the sum and once for the copy, and the same for the first.
        long reads = contents.stream().mapToLong(CountedBuf::reads).sum();
        assertThat(reads).isLessThan(100 + 100L * in.size() + 2L * data.length);
        assertThat(coalescer.comparisons()).isLessThan(16L * in.size() + 16);
        coalescer.flush(frame -> {
            if (frame.isGsoFrame()) {
                assertThat(FrameValidator.validate(frame, 12)).isEqualTo(FrameVerdict.WELL_FORMED);
                Segmentation.segment(frame, 12, UnpooledByteBufAllocator.DEFAULT, segment -> {
                    out.add(comparable(segment.content()));
                    segment.release();
                });
            } else {
                out.add(comparable(frame.content()));
            }
            frame.release();
        });
        Collections.sort(in);
        Collections.sort(out);
        assertThat(out).isEqualTo(in);
        assertThat(contents).allSatisfy(content -> assertThat(content.refCnt()).isZero());
    }

    /** A frame without its IPv4 identification and header checksum. */
    private static String comparable(ByteBuf content) {
        ByteBuf copy = content.copy();
        int network = EthernetOffsets.network(copy, 0);
        if (network > 0 && copy.writerIndex() >= network + 20 && copy.getUnsignedByte(network) >>> 4 == 4) {
            copy.setShort(network + 4, 0).setShort(network + 10, 0);
        }
        String hex = ByteBufUtil.hexDump(copy);
        copy.release();
        return hex;
    }
}
