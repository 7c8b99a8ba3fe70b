/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.Tunnels;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Our segments of a GSO frame against those that Linux makes of it on its way to a TAP without offloads.
 *
 * <p>One difference is accepted: a TCP GSO frame whose payload fits one segment, but is longer than that without the
 * TCP options, is dropped by the kernel, which counts a header of 20 bytes when it decides that this is a GSO frame and
 * finds later that there is nothing to cut. We send the one segment.
 */
@KernelTest
class SegmentationKernelTest {

    private static final int HEADER = 12;

    /** More for a long run: {@code -Dnettytap.differential=100000}. */
    private static final int FRAMES = Integer.getInteger("nettytap.differential", 10_000);

    @Test
    void segmentsAreThoseOfTheKernelByteForByte() throws Exception {
        Random random = new Random(20_261_122);
        try (KernelBridge bridge = KernelBridge.open(HEADER, TapOffload.NONE)) {
            TapPort in = bridge.first();
            TapPort out = bridge.second();
            for (int i = 0; i < FRAMES; i++) {
                Frames frames = randomFlow(random);
                int size = 1 + random.nextInt(new int[] {16, 100, 1_500}[random.nextInt(3)]);
                frames.payload = 1 + random.nextInt(Math.min(60_000, 100 * size));
                ByteBuf packet = frames.gsoFrame(HEADER, size);

                assertThat(in.write(packet)).isEqualTo(packet.readableBytes());

                List<String> kernel = drain(out);
                if (!isDroppedByTheKernel(frames, size)) {
                    assertThat(ours(packet, HEADER)).as("GSO frame %d", i).isEqualTo(kernel);
                } else {
                    assertThat(kernel).isEmpty();
                    assertThat(ours(packet, HEADER)).hasSize(1);
                }
                packet.release();
            }
        }
    }

    private static boolean isDroppedByTheKernel(Frames frames, int size) {
        return !frames.udp && frames.payload <= size && frames.payload + frames.tcpOptions.length > size;
    }

    @Test
    void completedChecksumsAreThoseOfTheKernel() throws Exception {
        Random random = new Random(768);
        try (KernelBridge bridge = KernelBridge.open(HEADER, TapOffload.NONE)) {
            TapPort in = bridge.first();
            TapPort out = bridge.second();
            for (int i = 0; i < 2_000; i++) {
                Frames frames = randomFlow(random);
                frames.payload = random.nextInt(1_400);
                ByteBuf packet = frames.gsoFrame(HEADER, 1);
                packet.setByte(1, 0).setShortLE(2, 0).setShortLE(4, 0);

                assertThat(in.write(packet)).isEqualTo(packet.readableBytes());

                assertThat(ours(packet, HEADER)).as("frame %d", i).isEqualTo(drain(out));
                packet.release();
            }
        }
    }

    @Test
    void tunnelSegmentsAreThoseOfTheKernelByteForByte() throws Exception {
        Random random = new Random(7348);
        Set<TapOffload> offloads = EnumSet.allOf(TapOffload.class);
        try (KernelBridge bridge = KernelBridge.open(Tunnels.HEADER, offloads)) {
            TapPort in = bridge.first();
            TapPort out = bridge.second();
            for (int i = 0; i < 2_000; i++) {
                Frames inner = randomFlow(random);
                inner.tags = new int[0];
                int size = 100 + random.nextInt(1_200);
                inner.payload = size + 41 + random.nextInt(Math.min(50_000, 60 * size));
                ByteBuf packet = Tunnels.vxlan(inner, random.nextBoolean(), random.nextBoolean(), size);

                assertThat(in.write(packet)).isEqualTo(packet.readableBytes());

                assertThat(ours(packet, Tunnels.HEADER)).as("GSO frame %d", i).isEqualTo(drain(out));
                packet.release();
            }
        }
    }

    static Frames randomFlow(Random random) {
        Frames frames = new Frames();
        frames.v6 = random.nextBoolean();
        frames.udp = random.nextBoolean();
        frames.tags = random.ints(random.nextInt(3), 1, 4_095).toArray();
        frames.ipOptions = noOperations(4 * random.nextInt(11));
        frames.extensions = new byte[8 * random.nextInt(4)];
        frames.extensionType = new int[] {0, 43, 60}[random.nextInt(3)];
        if (frames.extensions.length > 0 && frames.extensionType == 43) {
            frames.extensions[3] = (byte) random.nextInt(3);
        }
        frames.tcpOptions = noOperations(4 * random.nextInt(11));
        frames.tcpFlags = random.nextInt(256);
        frames.sequence = random.nextInt();
        frames.identification = random.nextInt(0x10000);
        frames.fragment = random.nextBoolean() ? 0x4000 : 0;
        frames.tos = random.nextInt(256);
        frames.payloadSeed = random.nextInt();
        return frames;
    }

    private static byte[] noOperations(int length) {
        byte[] options = new byte[length];
        Arrays.fill(options, (byte) 1);
        return options;
    }

    private static List<String> ours(ByteBuf packet, int headerLength) {
        List<String> result = new ArrayList<>();
        FrameVerdict verdict = Segmentation.segment(packet, headerLength, 0, ByteBufAllocator.DEFAULT, segment -> {
            result.add(ByteBufUtil.hexDump(segment));
            segment.release();
        });
        assertThat(verdict).isEqualTo(FrameVerdict.WELL_FORMED);
        return result;
    }

    private static List<String> drain(TapPort port) {
        List<String> result = new ArrayList<>();
        ByteBuf packet = Unpooled.buffer(70_000);
        while (port.read(packet.clear()) > 0) {
            assertThat(ByteBufUtil.hexDump(packet, 0, 2)).isIn("0000", "0200");
            result.add(ByteBufUtil.hexDump(packet.skipBytes(HEADER)));
        }
        return result;
    }
}
