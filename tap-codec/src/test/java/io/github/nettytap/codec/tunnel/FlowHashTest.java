/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

class FlowHashTest {

    private static int hash(byte[] frame) {
        ByteBuf buffer = Unpooled.wrappedBuffer(frame);
        return FlowHash.of(buffer, 0, frame.length);
    }

    private static byte[] frame(Frames frames) {
        ByteBuf packet = frames.packet(0);
        try {
            return ByteBufUtil.getBytes(packet);
        } finally {
            packet.release();
        }
    }

    private static Frames of(Frames frames, int sourcePort) {
        frames.sourcePort = sourcePort;
        return frames.data(new byte[] {1, 2, 3});
    }

    @Test
    void framesOfOneFlowHaveOneHashWhateverTheyCarry() {
        Frames tcp = of(Frames.tcp4(), 1000);
        int hash = hash(frame(tcp));

        assertThat(hash(frame(of(Frames.tcp4(), 1000).data(new byte[1000])))).isEqualTo(hash);
    }

    @Test
    void portsAndProtocolsTellFlowsApart() {
        Set<Integer> hashes = new HashSet<>();
        for (int port = 1000; port < 1100; port++) {
            hashes.add(hash(frame(of(Frames.tcp4(), port))));
            hashes.add(hash(frame(of(Frames.udp4(), port))));
            hashes.add(hash(frame(of(Frames.tcp6(), port))));
            hashes.add(hash(frame(of(Frames.udp6(), port))));
        }
        assertThat(hashes).hasSizeGreaterThan(395);
    }

    @Test
    void neighboringFlowsSpreadEvenly() {
        int[] buckets = new int[8];
        for (int port = 0; port < 8_000; port++) {
            buckets[hash(frame(of(Frames.udp4(), 20_000 + port))) >>> 29]++;
        }
        assertThat(Arrays.stream(buckets).boxed().toList())
                .allSatisfy(size -> assertThat(size).isBetween(700, 1_300));
    }

    @Test
    void fragmentsOfAPacketHaveOneHash() {
        byte[] first = frame(of(Frames.udp4(), 1000));
        byte[] later = first.clone();
        first[20] = 0x20; // more fragments
        later[21] = 1; // offset
        later[34] = 77; // what would be a port

        assertThat(hash(later)).isEqualTo(hash(first));
    }

    @Test
    void aTagBelongsToNoFlow() {
        byte[] plain = frame(of(Frames.tcp4(), 1000));
        byte[] tagged = new byte[plain.length + 4];
        System.arraycopy(plain, 0, tagged, 0, 12);
        System.arraycopy(plain, 12, tagged, 16, plain.length - 12);
        tagged[12] = (byte) 0x81;

        assertThat(hash(tagged)).isEqualTo(hash(plain));
    }

    @Test
    void otherFramesAreToldApartByTheirAddresses() {
        byte[] arp = new byte[42];
        arp[12] = 8;
        arp[13] = 6;
        byte[] other = arp.clone();
        other[11] = 1;
        byte[] same = arp.clone();
        same[30] = 1;

        assertThat(hash(other)).isNotEqualTo(hash(arp));
        assertThat(hash(same)).isEqualTo(hash(arp));
    }

    @Test
    void whateverTheBytesNothingIsReadOutsideTheFrame() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] frame = i % 2 == 0 ? frame(of(Frames.tcp6(), i)) : frame(of(Frames.udp4(), i));
            int changed = random.nextInt(frame.length);
            frame[changed] = (byte) random.nextInt();
            byte[] cut = Arrays.copyOf(frame, random.nextInt(frame.length + 1));
            ByteBuf exact = Unpooled.wrappedBuffer(cut);
            FlowHash.of(exact, 0, cut.length);
        }
        assertThat(hash(new byte[13])).isZero();
    }
}
