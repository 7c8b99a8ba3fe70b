/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;

class VlanTaggingTest {

    private static final ByteBufAllocator ALLOC = PooledByteBufAllocator.DEFAULT;
    private static final int TCI = 0x6014;

    @ParameterizedTest
    @ValueSource(ints = {10, 1_400, 8_000})
    void pushedTagIsAsIfTheSenderHadPutItThere(int payload) {
        Frames plain = Frames.tcp4();
        plain.payload = payload;
        Frames tagged = Frames.tcp4();
        tagged.payload = payload;
        tagged.tags = new int[] {TCI};
        assertEdited(plain.frame(), tagged.frame(), 0, Edit.PUSH);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 1_400, 8_000})
    void poppedTagIsAsIfItHadNeverBeenThere(int payload) {
        Frames plain = Frames.udp6();
        plain.payload = payload;
        Frames tagged = Frames.udp6();
        tagged.payload = payload;
        tagged.tags = new int[] {TCI};
        assertEdited(tagged.packet(12), plain.packet(12), 12, Edit.POP);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 12, 20})
    void gsoFrameKeepsItsSegmentationAndItsOffsetsMove(int headerLength) {
        Frames plain = Frames.tcp4();
        plain.payload = 20_000;
        Frames tagged = Frames.tcp4();
        tagged.payload = 20_000;
        tagged.tags = new int[] {TCI};
        assertEdited(
                plain.gsoFrame(headerLength, 1_448), tagged.gsoFrame(headerLength, 1_448), headerLength, Edit.PUSH);
        assertEdited(tagged.gsoFrame(headerLength, 1_448), plain.gsoFrame(headerLength, 1_448), headerLength, Edit.POP);
    }

    @Test
    void onlyTheOutermostTagIsTakenOut() {
        Frames two = Frames.tcp4();
        two.tags = new int[] {7, 20};
        Frames one = Frames.tcp4();
        one.tags = new int[] {20};
        assertEdited(two.frame(), one.frame(), 0, Edit.POP);
    }

    @Test
    void controlIsReplacedAndTheTypeOfTheTagStays() {
        Frames before = Frames.tcp4();
        before.tags = new int[] {0x6000, 20};
        Frames after = Frames.tcp4();
        after.tags = new int[] {TCI, 20};
        assertEdited(before.frame(), after.frame(), 0, Edit.RETAG);
    }

    @Test
    void segmentsOfATaggedGsoFrameHaveTheTag() {
        Frames frames = Frames.tcp4();
        frames.payload = 3_000;
        ByteBuf packet = frames.gsoFrame(12, 1_448);
        ByteBuf pushed = VlanTagging.push(packet, 12, EthernetHeader.TYPE_VLAN, TCI, ALLOC);
        List<ByteBuf> segments = new ArrayList<>();
        assertThat(Segmentation.segment(pushed, 12, 0, ALLOC, segments::add)).isEqualTo(FrameVerdict.WELL_FORMED);
        assertThat(segments).hasSize(3).allSatisfy(segment -> assertThat(EthernetHeader.tagControl(segment, 0))
                .isEqualTo(TCI));
        segments.forEach(ByteBuf::release);
        pushed.release();
        packet.release();
    }

    @Test
    void offsetsOfATunnelMove() {
        ByteBuf packet = Frames.udp4().packet(24);
        VirtioNetHeader.flags(packet, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.gsoType(packet, 0, VirtioNetHeader.GSO_TCPV4 | VirtioNetHeader.GSO_UDP_TUNNEL_IPV4);
        VirtioNetHeader.checksumStart(packet, 0, 84);
        VirtioNetHeader.outerTransportOffset(packet, 0, 34);
        VirtioNetHeader.innerNetworkOffset(packet, 0, 64);
        ByteBuf pushed = VlanTagging.push(packet, 24, EthernetHeader.TYPE_VLAN, TCI, ALLOC);
        assertThat(VirtioNetHeader.checksumStart(pushed, 0)).isEqualTo(88);
        assertThat(VirtioNetHeader.outerTransportOffset(pushed, 0)).isEqualTo(38);
        assertThat(VirtioNetHeader.innerNetworkOffset(pushed, 0)).isEqualTo(68);
        pushed.release();
        packet.release();
    }

    @Test
    void hintOfTheHeaderLengthStaysOneThatKernelsTake() {
        assertThat(hintAfter(0, Edit.PUSH)).isZero();
        assertThat(hintAfter(66, Edit.PUSH)).isEqualTo(70);
        assertThat(hintAfter(0xfffe, Edit.PUSH)).isZero();
        assertThat(hintAfter(16, Edit.POP)).isEqualTo(14);
    }

    private static int hintAfter(int hint, Edit edit) {
        Frames frames = Frames.tcp4();
        frames.tags = new int[] {TCI};
        ByteBuf packet = frames.packet(12);
        VirtioNetHeader.headerLengthHint(packet, 0, hint);
        ByteBuf edited = edit.apply(packet, 12);
        int result = VirtioNetHeader.headerLengthHint(edited, 0);
        edited.release();
        packet.release();
        return result;
    }

    private static void assertEdited(ByteBuf packet, ByteBuf expected, int headerLength, Edit edit) {
        String before = ByteBufUtil.hexDump(packet);
        ByteBuf edited = edit.apply(packet, headerLength);
        assertThat(ByteBufUtil.hexDump(edited)).isEqualTo(ByteBufUtil.hexDump(expected));
        edited.release();
        assertThat(packet.refCnt()).isEqualTo(1);
        assertThat(ByteBufUtil.hexDump(packet)).as("the packet that was given").isEqualTo(before);
        packet.release();
        expected.release();
    }

    private enum Edit {
        PUSH,
        POP,
        RETAG;

        ByteBuf apply(ByteBuf packet, int headerLength) {
            return switch (this) {
                case PUSH -> VlanTagging.push(packet, headerLength, EthernetHeader.TYPE_VLAN, TCI, ALLOC);
                case POP -> VlanTagging.pop(packet, headerLength, ALLOC);
                case RETAG -> VlanTagging.retag(packet, headerLength, TCI, ALLOC);
            };
        }
    }
}
