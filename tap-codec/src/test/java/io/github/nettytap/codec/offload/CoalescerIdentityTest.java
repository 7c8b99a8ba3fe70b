/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Cutting what was joined, and joining what was cut, gives back what there was. */
class CoalescerIdentityTest {

    private final Coalescer coalescer = new Coalescer();
    private final List<VirtioNetFrame> results = new ArrayList<>();

    @AfterEach
    void release() {
        results.forEach(VirtioNetFrame::release);
        coalescer.discard();
    }

    @Test
    void coalescedGsoFramesSegmentIntoWhatWentIn() {
        Random random = new Random(11);
        for (int i = 0; i < 500; i++) {
            Frames frames = randomFlow(random);
            int size = 1 + random.nextInt(1_400);
            if (!frames.udp) {
                size = Math.max(size, 8);
            }
            List<String> in = new ArrayList<>();
            int n = 2 + random.nextInt(40);
            for (int k = 0; k < n; k++) {
                boolean last = k == n - 1;
                frames.payloadSeed = random.nextInt();
                frames.payload = last ? 1 + random.nextInt(size) : size;
                frames.tcpFlags = 0x50 | (last ? random.nextInt(2) * 9 : 0);
                ByteBuf frame = frames.frame();
                in.add(ByteBufUtil.hexDump(frame));
                coalescer.add(VirtioNetFrame.complete(frame, ChecksumState.NONE));
                frames.sequence += frames.payload;
                frames.identification++;
            }
            flush();

            assertThat(results).hasSize(1);
            assertThat(FrameValidator.validate(results.get(0), 12)).isEqualTo(FrameVerdict.WELL_FORMED);
            assertThat(segments(results.get(0))).isEqualTo(in);
            results.get(0).release();
            results.clear();
        }
    }

    @Test
    void segmentsOfAGsoFrameCoalesceIntoTheGsoFrame() {
        Random random = new Random(12);
        for (int i = 0; i < 500; i++) {
            Frames frames = randomFlow(random);
            int size = 8 + random.nextInt(1_400);
            frames.payload = size + 1 + random.nextInt(Math.min(30_000, 60 * size));
            frames.tcpFlags = 0x50 | random.nextInt(2) * 9;
            VirtioNetFrame gsoFrame = VirtioNetFrame.parse(frames.gsoFrame(12, size), 12);

            Segmentation.segment(gsoFrame, 12, ByteBufAllocator.DEFAULT, coalescer::add);
            flush();

            assertThat(results).hasSize(1);
            assertThat(withHeader(results.get(0))).isEqualTo(withHeader(gsoFrame));
            gsoFrame.release();
            results.get(0).release();
            results.clear();
        }
    }

    private static String withHeader(VirtioNetFrame frame) {
        ByteBuf header = Unpooled.buffer(12, 12);
        frame.writeHeader(header, 0, 12);
        return ByteBufUtil.hexDump(header.array()) + ByteBufUtil.hexDump(frame.content());
    }

    private static Frames randomFlow(Random random) {
        Frames frames = new Frames();
        frames.v6 = random.nextBoolean();
        frames.udp = random.nextBoolean();
        frames.tags = random.ints(random.nextInt(3), 0, 4_096).toArray();
        frames.extensions = new byte[8 * random.nextInt(3)];
        frames.tcpOptions = new byte[4 * random.nextInt(11)];
        Arrays.fill(frames.tcpOptions, (byte) 1);
        frames.sequence = random.nextInt();
        frames.identification = random.nextInt(0x10000);
        frames.tos = random.nextInt(256);
        return frames;
    }

    private static List<String> segments(VirtioNetFrame gsoFrame) {
        List<String> result = new ArrayList<>();
        Segmentation.segment(gsoFrame, 12, ByteBufAllocator.DEFAULT, segment -> {
            result.add(ByteBufUtil.hexDump(segment.content()));
            segment.release();
        });
        return result;
    }

    @Test
    void mutatedFramesNeitherThrowNorLeak() {
        Random random = new Random(13);
        for (int i = 0; i < 2_000; i++) {
            Frames frames = randomFlow(random);
            for (int n = 0; n < 10; n++) {
                frames.payload = random.nextInt(50);
                ByteBuf frame = frames.frame();
                for (int m = random.nextInt(3); m > 0; m--) {
                    frame.setByte(random.nextInt(frame.writerIndex()), random.nextInt());
                }
                frame.writerIndex(
                        frame.writerIndex() - (random.nextInt(4) == 0 ? random.nextInt(frame.writerIndex()) : 0));
                coalescer.add(VirtioNetFrame.complete(
                        frame, random.nextBoolean() ? ChecksumState.VALID : ChecksumState.NONE));
                frames.sequence += frames.payload;
                frames.identification++;
            }
            flush();
            assertThat(results).allSatisfy(result -> assertThat(FrameValidator.validate(result, 12))
                    .isIn(FrameVerdict.WELL_FORMED, FrameVerdict.TRUNCATED));
            results.forEach(VirtioNetFrame::release);
            results.clear();
        }
    }

    private void flush() {
        coalescer.flush(results::add);
    }
}
