/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.Tunnels;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/**
 * Our verdict on mutated headers against what the kernel says when they are written to a TAP: where it says EINVAL, so
 * do we; where we refuse what it takes, the reason is one of those marked stricter in {@link FrameVerdict}.
 */
@KernelTest
class HeaderValidationKernelTest {

    private static final Set<FrameVerdict> STRICTER = EnumSet.of(
            FrameVerdict.FRAME_TOO_LONG,
            FrameVerdict.CHECKSUM_START,
            FrameVerdict.CHECKSUM_START_MISMATCH,
            FrameVerdict.UNSUPPORTED_GSO_TYPE,
            FrameVerdict.GSO_WITHOUT_CHECKSUM,
            FrameVerdict.NETWORK_HEADER,
            FrameVerdict.FRAGMENT,
            FrameVerdict.TRANSPORT_PROTOCOL,
            FrameVerdict.TRANSPORT_HEADER,
            FrameVerdict.LENGTH_MISMATCH);

    // What a 24-byte header may add: offsets that the kernel only compares with one another.
    private static final Set<FrameVerdict> STRICTER_IN_TUNNELS = EnumSet.of(FrameVerdict.TUNNEL_OFFSETS);

    @Test
    void whereTheKernelRefusesSoDoWe() throws Exception {
        try (KernelBridge bridge = KernelBridge.open(12, TapOffload.NONE)) {
            Random random = new Random(22);
            for (int i = 0; i < 10_000; i++) {
                Frames frames = SegmentationKernelTest.randomFlow(random);
                frames.payload = random.nextInt(400);
                compare(bridge, mutated(frames.gsoFrame(12, 1 + random.nextInt(200)), 12, random), 12, STRICTER);
            }
        }
    }

    @Test
    void everyFlagsAndTypePairIsRefusedWhereTheKernelRefusesIt() throws Exception {
        try (KernelBridge bridge = KernelBridge.open(12, TapOffload.NONE)) {
            for (Frames frames : new Frames[] {Frames.tcp4(), Frames.udp6()}) {
                for (int flags = 0; flags < 16; flags++) {
                    for (int type = 0; type < 256; type++) {
                        ByteBuf packet = frames.gsoFrame(12, 50);
                        packet.setByte(0, flags).setByte(1, type);
                        compare(bridge, packet, 12, STRICTER);
                    }
                }
            }
        }
    }

    @Test
    void checksumPlacesNearAnEdgeAreRefusedWhereTheKernelRefusesThem() throws Exception {
        try (KernelBridge bridge = KernelBridge.open(12, TapOffload.NONE)) {
            int length = 142;
            int[] edges = {0, 14, 20, 34, 40, length - 20, length - 2, length, 0xffff - 2};
            for (int startEdge : edges) {
                for (int offsetEdge : new int[] {0, 6, 16, length - 36, length - 2, 0xffff - 2}) {
                    for (int start = Math.max(0, startEdge - 2); start <= startEdge + 2; start++) {
                        for (int offset = Math.max(0, offsetEdge - 2); offset <= offsetEdge + 2; offset++) {
                            for (int type : new int[] {0, 1, 4, 5}) {
                                ByteBuf packet = Frames.udp4().gsoFrame(12, 50);
                                packet.setByte(1, type).setShortLE(6, start).setShortLE(8, offset);
                                compare(bridge, packet, 12, STRICTER);
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void shortPacketsAreRefused() throws Exception {
        try (KernelBridge bridge = KernelBridge.open(12, TapOffload.NONE)) {
            for (int length = 0; length < 60; length++) {
                compare(bridge, Unpooled.directBuffer().writeZero(length), 12, STRICTER);
            }
        }
    }

    @Test
    void tunnelHeadersAreRefusedWhereTheKernelRefusesThem() throws Exception {
        Set<FrameVerdict> stricter = EnumSet.copyOf(STRICTER);
        stricter.addAll(STRICTER_IN_TUNNELS);
        try (KernelBridge bridge = KernelBridge.open(Tunnels.HEADER, EnumSet.allOf(TapOffload.class))) {
            Random random = new Random(24);
            for (int i = 0; i < 5_000; i++) {
                Frames inner = SegmentationKernelTest.randomFlow(random);
                inner.payload = random.nextInt(400);
                ByteBuf packet = Tunnels.vxlan(inner, random.nextBoolean(), random.nextBoolean(), 50);
                compare(bridge, mutated(packet, Tunnels.HEADER, random), Tunnels.HEADER, stricter);
            }
        }
    }

    /** Changes up to three fields of the header, to values near those that matter or to any. */
    private static ByteBuf mutated(ByteBuf packet, int headerLength, Random random) {
        int length = packet.writerIndex() - headerLength;
        for (int n = random.nextInt(4); n > 0; n--) {
            int near = new int[] {0, 6, 8, 14, 16, 20, 34, 40, 54, length, 0xffff}[random.nextInt(11)];
            int value = random.nextBoolean() ? near + random.nextInt(5) - 2 : random.nextInt(0x10000);
            int field = random.nextInt(headerLength == Tunnels.HEADER ? 8 : 6);
            if (field < 2) {
                packet.setByte(field, random.nextBoolean() ? 1 << random.nextInt(8) : value);
            } else {
                packet.setShortLE(field < 6 ? 2 * field - 2 : 2 * field + 8, value);
            }
        }
        return packet;
    }

    /** Linux 6.18 compares {@code hdr_len} with what follows the first ten bytes, not with the frame. */
    private static boolean isHeaderLengthThatTheKernelMiscounts(FrameVerdict verdict, ByteBuf packet) {
        return verdict == FrameVerdict.HEADER_LENGTH && packet.getUnsignedShortLE(2) <= packet.writerIndex() - 10;
    }

    private static void compare(KernelBridge bridge, ByteBuf packet, int headerLength, Set<FrameVerdict> stricter) {
        try {
            compareUnreleased(bridge, packet, headerLength, stricter);
        } finally {
            packet.release();
        }
    }

    private static void compareUnreleased(
            KernelBridge bridge, ByteBuf packet, int headerLength, Set<FrameVerdict> stricter) {
        FrameVerdict verdict = FrameValidator.validate(packet, 0, packet.writerIndex(), headerLength);
        int written = bridge.first().write(packet);
        String shown = verdict + " " + ByteBufUtil.hexDump(packet, 0, Math.min(packet.writerIndex(), 100));
        if (written == TapPort.EINVAL) {
            assertThat(verdict).as(shown).isNotEqualTo(FrameVerdict.WELL_FORMED);
        } else {
            assertThat(written).as(shown).isEqualTo(packet.readableBytes());
            if (verdict != FrameVerdict.WELL_FORMED && !isHeaderLengthThatTheKernelMiscounts(verdict, packet)) {
                assertThat(verdict).as(shown).isIn(stricter);
            }
        }
        ByteBuf left = Unpooled.buffer(70_000);
        while (bridge.second().read(left.clear()) > 0) {
            // The queue of the second must not fill up.
        }
    }
}
