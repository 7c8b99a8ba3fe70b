/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.ChannelWithHeader;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetOffload;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.EnumSet;
import java.util.Set;

class WireFramesTest {

    private static final Set<VirtioNetOffload> ALL = EnumSet.allOf(VirtioNetOffload.class);

    private EmbeddedChannel channel;

    private static final class Application extends ChannelInboundHandlerAdapter {}

    private void open(VnetHeader header, Set<VirtioNetOffload> negotiated) throws Exception {
        ChannelWithHeader tap = new ChannelWithHeader(negotiated);
        tap.pipeline().addLast(WireFrames.around(new Application()));
        tap.header = header;
        tap.register();
        channel = tap;
    }

    @AfterEach
    void close() {
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void framesThatAreReadAreComplete(VnetHeader header) throws Exception {
        open(header, ALL);
        Frames large = Frames.tcp4();
        large.payload = 250;
        Frames partial = Frames.udp6();
        partial.partial = true;
        ByteBuf unfinished = partial.packet(header.length());
        unfinished.setByte(0, 1).setShortLE(6, 54).setShortLE(8, 6);
        partial.partial = false;

        channel.writeInbound(
                large.gsoFrame(header.length(), 100), unfinished, Frames.tcp6().packet(header.length()));

        int payload = 0;
        for (int i = 0; i < 3; i++) {
            ByteBuf segment = channel.readInbound();
            assertThat(Checksums.verify(segment, segment.readerIndex(), segment.writerIndex()))
                    .isEqualTo(Checksums.Result.CORRECT);
            payload += segment.readableBytes() - 54;
            segment.release();
        }
        assertThat(payload).isEqualTo(250);
        assertRead(partial.frame());
        assertRead(Frames.tcp6().frame());
    }

    @Test
    void partialChecksumOfMemoryThatOthersReadIsCompletedInACopy() throws Exception {
        open(VnetHeader.V1, ALL);
        Frames partial = Frames.tcp4();
        partial.partial = true;
        ByteBuf packet = partial.packet(12);
        packet.setByte(0, 1).setShortLE(6, 34).setShortLE(8, 16);
        ByteBuf before = packet.copy();

        channel.writeInbound(packet.retain());

        partial.partial = false;
        assertRead(partial.frame());
        assertThat(packet.readerIndex(0)).isEqualTo(before);
        packet.release();
        before.release();
    }

    @Test
    void malformedHeaderIsCountedAndItsFrameDropped() throws Exception {
        open(VnetHeader.V1, ALL);
        ByteBuf packet = Frames.tcp4().gsoFrame(12, 50);
        VirtioNetHeader.gsoSize(packet, 0, 0);

        channel.writeInbound(packet);

        assertThat(channel.pipeline().get(VirtioNetCodec.class).malformedInbound(FrameVerdict.GSO_SIZE))
                .isEqualTo(1);
    }

    @Test
    void framesOfOneFlowLeaveAsOneGsoFrameWhereTsoWasNegotiated() throws Exception {
        open(VnetHeader.V1, ALL);

        ChannelFuture first = write(Frames.tcp6(), 3);

        ByteBuf gsoFrame = channel.readOutbound();
        assertThat(VirtioNetHeader.gsoType(gsoFrame, gsoFrame.readerIndex())).isEqualTo(VirtioNetHeader.GSO_TCPV6);
        assertThat(gsoFrame.readableBytes()).isEqualTo(12 + 74 + 300);
        assertThat(first.isSuccess()).isTrue();
        gsoFrame.release();
    }

    @Test
    void nothingIsEmittedThatWasNotNegotiated() throws Exception {
        open(VnetHeader.V1, EnumSet.of(VirtioNetOffload.CSUM, VirtioNetOffload.TSO4));
        Frames congested = Frames.tcp4();
        congested.tcpFlags |= 0x80;

        write(Frames.tcp6(), 3);
        write(Frames.udp4(), 3);
        write(congested, 2);

        assertPlain(8);
        write(Frames.tcp4(), 2);
        ((ByteBuf) channel.readOutbound()).release();
    }

    @Test
    void deviceThatNegotiatedNothingGetsPlainFrames() throws Exception {
        open(VnetHeader.HASH, Set.of());

        write(Frames.tcp4(), 3);

        assertPlain(3);
    }

    @Test
    void withoutHeaderFramesPassAsTheyAre() throws Exception {
        open(VnetHeader.NONE, Set.of());
        ByteBuf in = Frames.tcp4().frame();
        ByteBuf out = Frames.udp4().frame();

        channel.writeInbound(in);
        channel.writeOutbound(out);

        assertThat(channel.<Object>readInbound()).isSameAs(in);
        assertThat(channel.<Object>readOutbound()).isSameAs(out);
        in.release();
        out.release();
    }

    @Test
    void applicationMayBeAnInitializerOfAPipelineThatIsActive() {
        channel = new EmbeddedChannel();
        ByteBuf frame = Frames.tcp4().frame();

        channel.pipeline().addLast(WireFrames.around(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel ch) {
                ch.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object msg) {
                        ctx.writeAndFlush(msg);
                    }
                });
            }
        }));
        channel.writeInbound(frame);

        assertThat(channel.<Object>readOutbound()).isSameAs(frame);
        frame.release();
    }

    private ChannelFuture write(Frames frames, int count) {
        ChannelFuture first = null;
        for (int i = 0; i < count; i++) {
            ChannelFuture write = channel.write(frames.frame());
            first = first == null ? write : first;
            frames.sequence += frames.payload;
            frames.identification++;
        }
        channel.flush();
        return first;
    }

    private void assertPlain(int count) {
        for (int i = 0; i < count; i++) {
            ByteBuf packet = channel.readOutbound();
            assertThat(VirtioNetHeader.isPlain(packet, packet.readerIndex())).isTrue();
            packet.release();
        }
        assertThat(channel.outboundMessages()).isEmpty();
    }

    private void assertRead(ByteBuf expected) {
        ByteBuf frame = channel.readInbound();
        assertThat(frame).isEqualTo(expected);
        frame.release();
        expected.release();
    }
}
