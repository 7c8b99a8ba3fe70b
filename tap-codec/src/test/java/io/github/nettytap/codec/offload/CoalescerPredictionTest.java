/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The predicted header is a short cut: frames in native memory, which are looked at by it, come out as the same frames
 * do on the heap, where nothing is predicted.
 */
class CoalescerPredictionTest {

    private static final int HEADER = VnetHeader.V1.length();

    private final Random random = new Random(14);

    @Test
    void predictionDecidesAsTheFieldsDo() {
        int gsoFrames = 0;
        int segments = 0;
        for (int i = 0; i < 1_500; i++) {
            List<byte[]> burst = burst();
            List<String> predicted = coalesceSlices(burst);
            assertThat(predicted).as("burst %d", i).isEqualTo(coalesceArrays(burst));
            segments += burst.size();
            gsoFrames += predicted.size();
        }
        // Else nothing was there to predict.
        assertThat(segments).isGreaterThan(3 * gsoFrames);
    }

    @Test
    void eachBitOfTheHeadersCounts() {
        for (boolean v6 : new boolean[] {false, true}) {
            for (boolean udp : new boolean[] {false, true}) {
                Frames flow = flow(v6, udp);
                int headers = flow.headers();
                for (int bit = 0; bit < 8 * (HEADER + headers + 2); bit++) {
                    List<byte[]> burst = new ArrayList<>();
                    Frames frames = flow.like();
                    for (int n = 0; n < 5; n++) {
                        burst.add(next(frames));
                    }
                    burst.get(3)[bit / 8] ^= (byte) (1 << bit % 8);
                    assertThat(coalesceSlices(burst))
                            .as("v6=%s, udp=%s, bit=%d", v6, udp, bit)
                            .isEqualTo(coalesceArrays(burst));
                }
            }
        }
    }

    private Frames flow(boolean v6, boolean udp) {
        Frames frames = new Frames();
        frames.v6 = v6;
        frames.udp = udp;
        frames.payload = 40 + random.nextInt(100);
        if (random.nextBoolean()) {
            frames.tags = new int[] {7};
        }
        if (!udp && random.nextBoolean()) {
            frames.tcpOptions = new byte[] {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
        }
        frames.identification = random.nextInt(0x10000);
        frames.sequence = random.nextInt();
        return frames;
    }

    /** Frames of a few flows, which mostly continue each other. */
    private List<byte[]> burst() {
        List<Frames> flows = new ArrayList<>();
        for (int f = random.nextInt(3); f >= 0; f--) {
            Frames flow = flow(random.nextBoolean(), random.nextInt(4) == 0);
            flow.sourcePort += f;
            flows.add(flow);
        }
        List<byte[]> burst = new ArrayList<>();
        Frames flow = flows.get(0);
        for (int n = random.nextInt(70); n >= 0; n--) {
            flow = random.nextInt(6) == 0 ? flows.get(random.nextInt(flows.size())) : flow;
            Frames frames = flow.like();
            switch (random.nextInt(60)) {
                case 0 -> frames.payload = 1 + random.nextInt(frames.payload);
                case 1 -> frames.tcpFlags |= 0x08;
                case 2 -> frames.tcpFlags |= 0x80;
                case 3 -> frames.window++;
                case 4 -> frames.zeroUdpChecksum = true;
                case 5 -> frames.identification += 3;
                case 6 -> frames.sequence++;
                default -> {}
            }
            byte[] packet = next(frames);
            flow.sequence = frames.sequence;
            flow.identification = frames.identification;
            if (random.nextInt(30) == 0) {
                packet[HEADER + random.nextInt(packet.length - HEADER)] ^= (byte) (1 << random.nextInt(8));
            }
            burst.add(packet);
        }
        return burst;
    }

    /** The next packet of a flow: virtio-net header and frame. */
    private byte[] next(Frames frames) {
        ByteBuf frame = frames.frame();
        byte[] packet = new byte[HEADER + frame.readableBytes()];
        frame.getBytes(frame.readerIndex(), packet, HEADER, packet.length - HEADER);
        frame.release();
        if (random.nextInt(4) == 0) {
            packet[0] = VirtioNetHeader.FLAG_DATA_VALID;
        }
        frames.sequence += frames.payload;
        frames.identification++;
        return packet;
    }

    private static List<String> coalesceArrays(List<byte[]> burst) {
        Coalescer coalescer = new Coalescer();
        for (byte[] packet : burst) {
            coalescer.add(Unpooled.copiedBuffer(packet), VnetHeader.V1, ByteBufAllocator.DEFAULT);
        }
        return results(coalescer);
    }

    /** As a channel hands them out. */
    private static List<String> coalesceSlices(List<byte[]> burst) {
        Coalescer coalescer = new Coalescer();
        ByteBuf slab = PooledByteBufAllocator.DEFAULT.directBuffer(1 << 16);
        for (byte[] packet : burst) {
            int at = slab.writerIndex();
            coalescer.add(
                    slab.writeBytes(packet).retainedSlice(at, packet.length), VnetHeader.V1, ByteBufAllocator.DEFAULT);
        }
        List<String> results = results(coalescer);
        assertThat(slab.release()).as("nothing else holds it").isTrue();
        return results;
    }

    private static List<String> results(Coalescer coalescer) {
        List<String> results = new ArrayList<>();
        coalescer.flush(VnetHeader.V1, ByteBufAllocator.DEFAULT, packet -> {
            results.add(ByteBufUtil.hexDump(packet));
            packet.release();
        });
        return results;
    }
}
