/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.NoMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Set;

class VirtioNetCodecTest {

    private final VirtioNetCodec codec = new VirtioNetCodec(VnetHeader.V1);
    private final EmbeddedChannel channel = new EmbeddedChannel(codec);

    @AfterEach
    void close() {
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    @Test
    void askedForWhatTheChannelHasWhenItBecomesActive() throws Exception {
        ChannelWithHeader tap = new ChannelWithHeader(Set.of());
        tap.pipeline().addLast(new VirtioNetCodec());
        tap.header = VnetHeader.HASH; // The device is opened after initChannel.
        tap.register();

        tap.writeInbound(Frames.tcp4().packet(20));
        assertFrame(tap, Frames.tcp4().frame());
        tap.writeOutbound(Frames.udp4().frame());
        ByteBuf sent = tap.readOutbound();
        ByteBuf expected = Frames.udp4().packet(20);
        assertThat(sent).isEqualTo(expected);
        sent.release();
        expected.release();
        assertThat(tap.finishAndReleaseAll()).isFalse();
    }

    @Test
    void channelWithoutHeaderHasCompleteFrames() {
        EmbeddedChannel plain = new EmbeddedChannel(new VirtioNetCodec());

        plain.writeInbound(Frames.tcp4().frame());
        assertFrame(plain, Frames.tcp4().frame());
        plain.writeOutbound(VirtioNetFrame.complete(Frames.tcp4().frame(), ChecksumState.VALID));
        ByteBuf sent = plain.readOutbound();
        ByteBuf expected = Frames.tcp4().frame();
        assertThat(sent).isEqualTo(expected);
        sent.release();
        expected.release();
        VirtioNetFrame gsoFrame = VirtioNetFrame.parse(Frames.tcp4().gsoFrame(12, 50), 12);
        assertThatThrownBy(() -> plain.writeOutbound(gsoFrame))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("reason=NO_HEADER");
        assertThat(plain.finishAndReleaseAll()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 9_000})
    void frameIsReleasedWhenThereIsNoMemoryForItsHeader(int length) {
        channel.config().setAllocator(new NoMemory());
        ByteBuf slab = Unpooled.buffer(length).writeZero(length);

        ChannelFuture plain = channel.writeAndFlush(slab.retainedSlice());
        ChannelFuture frame = channel.writeAndFlush(VirtioNetFrame.complete(slab.retainedSlice(), ChecksumState.NONE));

        assertThat(plain.cause()).hasMessage("no direct memory left");
        assertThat(frame.cause()).hasMessage("no direct memory left");
        assertThat(slab.refCnt()).isEqualTo(1);
        slab.release();
    }

    @Test
    void secondCodecOfAPipelineIsRefused() {
        channel.pipeline().addLast("second", new VirtioNetCodec());

        assertThatThrownBy(channel::checkException)
                .rootCause()
                .hasMessage("a second VirtioNetCodec would write a second header: first=VirtioNetCodec#0, second=second"
                        + " (expected: one in a pipeline)");
        assertThat(channel.pipeline().get("second")).isNull();
    }

    private static void assertFrame(EmbeddedChannel channel, ByteBuf expected) {
        VirtioNetFrame frame = channel.readInbound();
        assertThat(frame.content()).isEqualTo(expected);
        frame.release();
        expected.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 12, 20, 24})
    void frameComesOutOverTheSameMemory(int headerLength) {
        EmbeddedChannel sized = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.ofLength(headerLength)));
        ByteBuf packet = Frames.tcp4().packet(headerLength);
        String expected = ByteBufUtil.hexDump(packet, headerLength, packet.readableBytes() - headerLength);
        sized.writeInbound(packet);

        VirtioNetFrame frame = sized.readInbound();

        assertThat(frame.content()).isSameAs(packet);
        assertThat(ByteBufUtil.hexDump(frame.content())).isEqualTo(expected);
        assertThat(frame.isComplete()).isTrue();
        assertThat(frame.checksum()).isEqualTo(ChecksumState.NONE);
        frame.release();
        assertThat(packet.refCnt()).isZero();
    }

    @Test
    void gsoFrameComesOutWithItsFields() {
        channel.writeInbound(Frames.tcp6().gsoFrame(12, 60));

        VirtioNetFrame frame = channel.readInbound();

        assertThat(frame.isGsoFrame()).isTrue();
        assertThat(frame.checksum()).isEqualTo(ChecksumState.PARTIAL);
        assertThat(frame.gsoType()).isEqualTo(VirtioNetHeader.GSO_TCPV6);
        assertThat(frame.gsoSize()).isEqualTo(60);
        assertThat(frame.checksumStart()).isEqualTo(54);
        assertThat(frame.checksumOffset()).isEqualTo(16);
        assertThat(frame.headerLengthHint()).isEqualTo(74);
        frame.release();
    }

    @Test
    void verifiedFrameIsValid() {
        ByteBuf packet = Frames.tcp4().packet(12);
        packet.setByte(0, VirtioNetHeader.FLAG_DATA_VALID);
        channel.writeInbound(packet);

        VirtioNetFrame frame = channel.readInbound();

        assertThat(frame.checksum()).isEqualTo(ChecksumState.VALID);
        frame.release();
    }

    @Test
    void partialIsNotValidEvenWhenTheHeaderSaysBoth() {
        ByteBuf packet = Frames.tcp4().packet(12);
        packet.setByte(0, VirtioNetHeader.FLAG_DATA_VALID | VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.checksumStart(packet, 0, 34);
        VirtioNetHeader.checksumOffset(packet, 0, 16);
        channel.writeInbound(packet);

        VirtioNetFrame frame = channel.readInbound();

        assertThat(frame.checksum()).isEqualTo(ChecksumState.PARTIAL);
        frame.release();
    }

    @Test
    void staleHeaderBytesDoNotTravelOn() {
        ByteBuf packet = Frames.tcp4().packet(12);
        packet.setInt(2, 0x12345678).setInt(6, -1).setShort(10, 0x7777);
        channel.writeInbound(packet);
        VirtioNetFrame frame = channel.readInbound();

        channel.writeOutbound(frame);

        ByteBuf out = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(out, 0, 12)).isEqualTo("00".repeat(12));
        out.release();
    }

    @Test
    void staleBytesOfAGsoFrameDoNotTravelOn() {
        ByteBuf packet = Frames.tcp4().gsoFrame(12, 50);
        String header = ByteBufUtil.hexDump(packet, 0, 10);
        packet.setShort(10, 0x7777);
        channel.writeInbound(packet);

        channel.writeOutbound(channel.<VirtioNetFrame>readInbound());

        ByteBuf out = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(out, 0, 12)).isEqualTo(header + "0000");
        out.release();
    }

    @Test
    void staleBytesOfAReadOnlyPacketDoNotTravelOn() {
        ByteBuf packet = Frames.tcp4().packet(12);
        packet.setShort(10, 0x7777);
        channel.writeInbound(packet.asReadOnly());

        channel.writeOutbound(channel.<VirtioNetFrame>readInbound());

        ByteBuf out = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(out, 0, 12)).isEqualTo("00".repeat(12));
        out.release();
    }

    @Test
    void unchangedFrameLeavesAsThePacketThatCame() {
        ByteBuf packet = Frames.udp4().gsoFrame(12, 50);
        String expected = ByteBufUtil.hexDump(packet);
        channel.writeInbound(packet);

        channel.writeOutbound(channel.<VirtioNetFrame>readInbound());

        ByteBuf out = channel.readOutbound();
        assertThat(out).isSameAs(packet);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(expected);
        out.release();
    }

    @Test
    void floodedDuplicatesLeaveWithoutTouchingOneAnother() {
        ByteBuf built = Frames.udp4().gsoFrame(12, 50);
        ByteBuf packet = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(built);
        built.release();
        String expected = ByteBufUtil.hexDump(packet);
        channel.writeInbound(packet);
        VirtioNetFrame frame = channel.readInbound();
        VirtioNetFrame first = frame.retainedDuplicate();
        VirtioNetFrame second = VirtioNetFrame.complete(frame.content().retainedDuplicate(), ChecksumState.NONE);

        channel.writeOutbound(first, second, frame);

        for (int i = 0; i < 3; i++) {
            ByteBuf out = channel.readOutbound();
            String dump = ByteBufUtil.hexDump(out);
            assertThat(dump).isEqualTo(i == 1 ? "00".repeat(12) + expected.substring(24) : expected);
            out.release();
        }
        assertThat(packet.refCnt()).isZero();
    }

    @Test
    void plainFrameGetsItsHeaderInTheHeadroom() {
        ByteBuf buffer = Unpooled.buffer(256).writeLong(-1).writeLong(-1).writeBytes(new byte[60]);
        buffer.readerIndex(16);

        channel.writeOutbound(buffer);

        ByteBuf out = channel.readOutbound();
        assertThat(out).isSameAs(buffer);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("00".repeat(72));
        assertThat(buffer.getInt(0)).as("in front of the header").isEqualTo(-1);
        out.release();
    }

    @Test
    void memoryInFrontOfASharedFrameIsNotHeadroom() {
        ByteBuf slab =
                PooledByteBufAllocator.DEFAULT.directBuffer(512).writeLong(-1).writeLong(-1);
        slab.writeBytes(new byte[60]).readerIndex(16);

        channel.writeOutbound(slab.retainedDuplicate(), slab.retain(), slab.retainedSlice());

        for (int i = 0; i < 3; i++) {
            ByteBuf out = channel.readOutbound();
            assertThat(ByteBufUtil.hexDump(out)).isEqualTo("00".repeat(72));
            out.release();
        }
        assertThat(slab.getLong(0)).isEqualTo(-1);
        assertThat(slab.getLong(8)).isEqualTo(-1);
        assertThat(slab.release()).isTrue();
    }

    @Test
    void longFrameWithoutHeadroomIsNotCopied() {
        ByteBuf frame = Unpooled.directBuffer().writeZero(VirtioNetFrame.COPY_LIMIT + 1);

        channel.writeOutbound(frame);

        ByteBuf out = channel.readOutbound();
        assertThat(out).isInstanceOf(CompositeByteBuf.class);
        assertThat(out.readableBytes()).isEqualTo(12 + VirtioNetFrame.COPY_LIMIT + 1);
        assertThat(out.nioBufferCount()).isEqualTo(2);
        out.release();
        assertThat(frame.refCnt()).isZero();
    }

    @Test
    void frameWhoseStartMovedGetsItsHeaderWhereItStartsNow() {
        ByteBuf packet = Frames.tcp4().packet(12);
        packet.setByte(12 + 4, 0xaa);
        channel.writeInbound(packet);
        VirtioNetFrame frame = channel.readInbound();
        frame.content().skipBytes(4);

        channel.writeOutbound(frame);

        ByteBuf out = channel.readOutbound();
        assertThat(out).isSameAs(packet);
        assertThat(out.readerIndex()).isEqualTo(4);
        assertThat(ByteBufUtil.hexDump(out, 4, 13)).isEqualTo("00".repeat(12) + "aa");
        out.release();
    }

    @Test
    void malformedFrameIsCountedAndDropped() {
        ByteBuf packet = Frames.tcp4().gsoFrame(12, 50);
        VirtioNetHeader.gsoSize(packet, 0, 0);

        assertThat(channel.writeInbound(packet)).isFalse();

        assertThat(packet.refCnt()).isZero();
        assertThat(codec.malformedInbound(FrameVerdict.GSO_SIZE)).isEqualTo(1);
        assertThat(codec.malformedInbound(FrameVerdict.TRUNCATED)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 11, 12, 25})
    void truncatedPacketIsCountedAndDropped(int length) {
        assertThat(channel.writeInbound(Unpooled.buffer().writeZero(length))).isFalse();

        assertThat(codec.malformedInbound(FrameVerdict.TRUNCATED)).isEqualTo(1);
    }

    @Test
    void malformedFrameIsPassedOnMarkedWhereConfigured() {
        EmbeddedChannel passing = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1, true));
        passing.writeInbound(Unpooled.buffer().writeZero(13));
        VirtioNetFrame frame = passing.readInbound();

        assertThat(frame.verdict()).isEqualTo(FrameVerdict.TRUNCATED);
        assertThat(frame.content().readableBytes()).isEqualTo(1);
        assertThat(frame).hasToString("VirtioNetFrame(length=1, checksum=NONE, verdict=TRUNCATED, starts=00)");
        ChannelFuture write = passing.write(frame);
        assertThat(write.cause()).isInstanceOf(MalformedFrameException.class);
        assertThat(passing.finishAndReleaseAll()).isFalse();
    }

    @Test
    void malformedWriteFailsItsPromiseAndKeepsTheChannel() {
        ByteBuf content = Frames.udp4().frame();
        VirtioNetFrame frame = VirtioNetFrame.gsoFrame(content, VirtioNetHeader.GSO_UDP_L4, 0, 34, 6, 42);

        ChannelFuture write = channel.write(frame);

        assertThat(write.cause())
                .isInstanceOf(MalformedFrameException.class)
                .hasMessage("malformed frame not sent: reason=GSO_SIZE, length=142");
        assertThat(((MalformedFrameException) write.cause()).verdict()).isEqualTo(FrameVerdict.GSO_SIZE);
        assertThat(codec.malformedOutbound(FrameVerdict.GSO_SIZE)).isEqualTo(1);
        assertThat(content.refCnt()).isZero();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void writeShorterThanAnEthernetHeaderFails() {
        ByteBuf content = Unpooled.buffer().writeZero(13);

        assertThat(channel.write(content).cause()).hasMessage("malformed frame not sent: reason=TRUNCATED, length=13");
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void otherMessagesPassInBothDirections() {
        channel.writeInbound("in");
        channel.writeOutbound("out");

        assertThat(channel.<String>readInbound()).isEqualTo("in");
        assertThat(channel.<String>readOutbound()).isEqualTo("out");
    }
}
