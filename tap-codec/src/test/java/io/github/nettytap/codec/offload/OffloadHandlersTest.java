/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.virtio.ChannelWithHeader;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.MalformedFrameException;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

class OffloadHandlersTest {

    private EmbeddedChannel channel;

    @AfterEach
    void close() {
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    @Test
    void partialChecksumIsCompletedInPlaceWithItsHeader() {
        ChecksumOffloadHandler handler = ChecksumOffloadHandler.completing();
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), handler);
        ByteBuf packet = partial(Frames.tcp4());

        channel.writeInbound(packet);

        VirtioNetFrame frame = channel.readInbound();
        assertThat(frame.content()).isSameAs(packet);
        assertThat(frame.checksum()).isEqualTo(ChecksumState.VALID);
        assertThat(ByteBufUtil.hexDump(frame.content()))
                .isEqualTo(hex(Frames.tcp4().frame()));
        assertThat(ByteBufUtil.hexDump(packet, 0, 12)).isEqualTo("02" + "00".repeat(11));
        assertThat(handler.completed()).isEqualTo(1);
        frame.release();
    }

    @Test
    void sharedPartialFrameIsCompletedInACopy() {
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), ChecksumOffloadHandler.completing());
        VirtioNetFrame frame = VirtioNetFrame.parse(partial(Frames.udp4()), 12);
        String before = ByteBufUtil.hexDump(frame.content());

        channel.writeOutbound(frame.retainedDuplicate());

        ByteBuf out = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(out))
                .isEqualTo("02" + "00".repeat(11) + hex(Frames.udp4().frame()));
        assertThat(ByteBufUtil.hexDump(frame.content())).isEqualTo(before);
        out.release();
        frame.release();
    }

    @Test
    void verifyingHandlerMarksRightFramesAndDropsWrongOnes() {
        ChecksumOffloadHandler handler = ChecksumOffloadHandler.verifying();
        channel = new EmbeddedChannel(handler);
        ByteBuf wrong = Frames.udp6().frame();
        wrong.setByte(70, ~wrong.getByte(70));

        channel.writeInbound(VirtioNetFrame.complete(Frames.udp6().frame(), ChecksumState.NONE));
        channel.writeInbound(VirtioNetFrame.complete(wrong, ChecksumState.NONE));

        VirtioNetFrame frame = channel.readInbound();
        assertThat(frame.checksum()).isEqualTo(ChecksumState.VALID);
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(handler.wrong()).isEqualTo(1);
        assertThat(wrong.refCnt()).isZero();
        frame.release();
    }

    @Test
    void partialChecksumOutsideItsFrameIsLeftToTheCodec() {
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), ChecksumOffloadHandler.completing());
        ByteBuf content = Frames.tcp4().frame();

        ChannelFuture write = channel.write(VirtioNetFrame.partial(content, 34, 60_000));

        assertThat(write.cause()).isInstanceOf(MalformedFrameException.class);
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void inboundGsoFrameComesOutAsItsSegments() {
        SegmentationHandler handler = SegmentationHandler.inbound();
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), handler);
        Frames frames = Frames.tcp6();
        frames.payload = 250;

        channel.writeInbound(frames.gsoFrame(12, 100));

        for (int i = 0; i < 3; i++) {
            VirtioNetFrame segment = channel.readInbound();
            ByteBuf content = segment.content();
            assertThat(segment.isComplete()).isTrue();
            assertThat(Checksums.verify(content, content.readerIndex(), content.writerIndex()))
                    .isEqualTo(Checksums.Result.CORRECT);
            segment.release();
        }
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(handler.gsoFrames()).isEqualTo(1);
    }

    @Test
    void segmentsHaveTheHeadroomThatWasAskedFor() {
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), SegmentationHandler.inbound(8));
        Frames frames = Frames.tcp4();
        frames.payload = 250;
        int headers = frames.headers();

        channel.writeInbound(frames.gsoFrame(12, 100));

        for (int payload : new int[] {100, 100, 50}) {
            VirtioNetFrame segment = channel.readInbound();
            ByteBuf content = segment.content();
            assertThat(segment.isComplete()).isTrue();
            assertThat(content.readerIndex()).isEqualTo(8);
            assertThat(content.getLong(0)).isZero();
            assertThat(content.readableBytes()).isEqualTo(headers + payload);
            assertThat(Checksums.verify(content, content.readerIndex(), content.writerIndex()))
                    .isEqualTo(Checksums.Result.CORRECT);
            segment.release();
        }
    }

    @Test
    void headroomIsNotNegative() {
        assertThatThrownBy(() -> SegmentationHandler.inbound(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such headroom: headroom=-1 (expected: 0 or more)");
        channel = new EmbeddedChannel(SegmentationHandler.inbound(0));
    }

    @Test
    void outboundGsoFrameNeverLeavesAPortThatDidNotNegotiateIt() {
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), SegmentationHandler.outbound(VnetHeader.V1));
        Frames frames = Frames.udp4();
        frames.payload = 250;

        ChannelFuture write = channel.write(VirtioNetFrame.parse(frames.gsoFrame(12, 100), 12));
        assertThat(write.isDone()).isFalse();
        channel.flush();

        assertThat(write.isSuccess()).isTrue();
        for (int i = 0; i < 3; i++) {
            ByteBuf packet = channel.readOutbound();
            assertThat(VirtioNetHeader.isPlain(packet, 0)).isTrue();
            assertThat(packet.nioBufferCount()).isEqualTo(1);
            packet.release();
        }
        assertThat(channel.<Object>readOutbound()).isNull();
    }

    @Test
    void segmentThatFailsFailsTheGsoFrameOnceAllAreWritten() {
        List<ChannelPromise> writes = new ArrayList<>();
        channel = new EmbeddedChannel(
                new ChannelOutboundHandlerAdapter() {
                    @Override
                    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
                        ReferenceCountUtil.release(msg);
                        writes.add(promise);
                        if (writes.size() == 1) {
                            promise.setFailure(new IOException("first"));
                        }
                    }
                },
                SegmentationHandler.outbound(VnetHeader.V1));
        Frames frames = Frames.udp4();
        frames.payload = 250;

        ChannelFuture write = channel.write(VirtioNetFrame.parse(frames.gsoFrame(12, 100), 12));

        assertThat(writes).hasSize(3);
        writes.get(1).setSuccess();
        assertThat(write.isDone()).isFalse();
        writes.get(2).setFailure(new IOException("third"));
        assertThat(write.cause()).hasMessage("first");
    }

    @Test
    void malformedOutboundGsoFrameFailsItsPromise() {
        SegmentationHandler handler = SegmentationHandler.outbound(VnetHeader.V1);
        channel = new EmbeddedChannel(handler);
        ByteBuf content = Frames.tcp4().frame();

        ChannelFuture write = channel.write(VirtioNetFrame.gsoFrame(content, 1, 0, 34, 16, 54));

        assertThat(write.cause()).hasMessage("malformed frame not sent: reason=GSO_SIZE, length=154");
        assertThat(handler.malformed()).isEqualTo(1);
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void malformedInboundGsoFrameIsCountedAndDropped() {
        SegmentationHandler handler = SegmentationHandler.inbound();
        channel = new EmbeddedChannel(handler);
        ByteBuf content = Frames.tcp4().frame();

        channel.writeInbound(VirtioNetFrame.gsoFrame(content, 1, 0, 34, 16, 54));

        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(handler.malformed()).isEqualTo(1);
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void burstComesOutCoalescedAtItsEnd() {
        CoalescingHandler handler = new CoalescingHandler();
        channel = new EmbeddedChannel(handler);
        burst(20, frame -> channel.pipeline().fireChannelRead(frame));
        assertThat(channel.<Object>readInbound()).isNull();

        channel.pipeline().fireChannelReadComplete();

        VirtioNetFrame gsoFrame = channel.readInbound();
        assertThat(gsoFrame.isGsoFrame()).isTrue();
        assertThat(gsoFrame.content().readableBytes()).isEqualTo(54 + 20 * 100);
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(handler.received()).isEqualTo(20);
        assertThat(handler.delivered()).isEqualTo(1);
        gsoFrame.release();
    }

    @Test
    void datagramsPassWhereOnlyTcpIsJoined() {
        channel = new EmbeddedChannel(CoalescingHandler.tcpOnly());
        for (int i = 0; i < 3; i++) {
            channel.pipeline()
                    .fireChannelRead(VirtioNetFrame.complete(Frames.udp6().frame(), ChecksumState.NONE));
        }
        burst(3, frame -> channel.pipeline().fireChannelRead(frame));
        channel.pipeline().fireChannelReadComplete();

        for (int i = 0; i < 4; i++) {
            VirtioNetFrame frame = channel.readInbound();
            assertThat(frame.isGsoFrame()).isEqualTo(i == 3);
            frame.release();
        }
        assertThat(channel.<Object>readInbound()).isNull();
    }

    @Test
    void endlessBurstIsFlushedOnTheWay() {
        channel = new EmbeddedChannel(new CoalescingHandler());

        burst(CoalescingHandler.MAX_FRAMES, frame -> channel.pipeline().fireChannelRead(frame));

        int bytes = 0;
        for (VirtioNetFrame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
            bytes += frame.content().readableBytes() - 54;
            frame.release();
        }
        assertThat(bytes).isEqualTo(CoalescingHandler.MAX_FRAMES * 100);
    }

    @Test
    void otherMessagesPassBehindWhatCameBefore() {
        channel = new EmbeddedChannel(new CoalescingHandler());
        burst(2, frame -> channel.pipeline().fireChannelRead(frame));

        channel.pipeline().fireChannelRead("other");

        VirtioNetFrame gsoFrame = channel.readInbound();
        assertThat(gsoFrame.isGsoFrame()).isTrue();
        assertThat(channel.<Object>readInbound()).isEqualTo("other");
        gsoFrame.release();
    }

    @Test
    void handlerWithoutACodecInFrontOfItSaysSo() throws Exception {
        for (ChannelHandler handler :
                List.of(SegmentationHandler.inbound(), ChecksumOffloadHandler.completing(), new CoalescingHandler())) {
            ChannelWithHeader tap = new ChannelWithHeader(Set.of());
            tap.header = VnetHeader.V1;
            tap.pipeline().addLast(handler);
            tap.register();

            assertThatThrownBy(() -> tap.writeInbound(Frames.tcp4().packet(12)))
                    .hasMessage(
                            handler.getClass().getSimpleName() + " got a ByteBuf from a channel with virtio-net headers"
                                    + " (expected: VirtioNetFrame; put a VirtioNetCodec in front of this handler)");
            tap.finishAndReleaseAll();
        }
        channel = new EmbeddedChannel();
    }

    @Test
    void removedHandlerPassesOnWhatItHolds() {
        CoalescingHandler handler = new CoalescingHandler();
        channel = new EmbeddedChannel(handler);
        ByteBuf content = Frames.tcp4().frame();
        channel.pipeline().fireChannelRead(VirtioNetFrame.complete(content, ChecksumState.NONE));

        channel.pipeline().remove(handler);

        VirtioNetFrame passed = channel.readInbound();
        assertThat(passed.content()).isSameAs(content);
        passed.release();
    }

    @Test
    void coalescedBurstLeavesThroughTheCodecAsOneContiguousPacket() {
        channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), new CoalescingHandler());
        Frames frames = Frames.udp4();
        for (int i = 0; i < 3; i++) {
            frames.identification++;
            channel.pipeline().fireChannelRead(frames.packet(12));
        }
        channel.pipeline().fireChannelReadComplete();

        channel.writeOutbound(channel.<VirtioNetFrame>readInbound());

        ByteBuf packet = channel.readOutbound();
        assertThat(packet.nioBufferCount()).isEqualTo(1);
        assertThat(io.github.nettytap.codec.virtio.FrameValidator.validate(
                        packet, packet.readerIndex(), packet.writerIndex(), 12))
                .isEqualTo(FrameVerdict.WELL_FORMED);
        packet.release();
    }

    private static void burst(int count, Consumer<VirtioNetFrame> output) {
        Frames frames = Frames.tcp4();
        frames.payload = 100;
        for (int i = 0; i < count; i++) {
            output.accept(VirtioNetFrame.complete(frames.frame(), ChecksumState.NONE));
            frames.sequence += 100;
            frames.identification++;
        }
    }

    private static ByteBuf partial(Frames frames) {
        frames.partial = true;
        ByteBuf packet = frames.packet(12);
        VirtioNetHeader.flags(packet, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.checksumStart(packet, 0, frames.transportOffset());
        VirtioNetHeader.checksumOffset(packet, 0, frames.udp ? 6 : 16);
        return packet;
    }

    private static String hex(ByteBuf buffer) {
        String hex = ByteBufUtil.hexDump(buffer);
        buffer.release();
        return hex;
    }
}
