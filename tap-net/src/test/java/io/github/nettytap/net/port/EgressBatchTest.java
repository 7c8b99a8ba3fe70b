/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

class EgressBatchTest {

    private static final int HEADER = 12;
    private static final int MSS = 1_000;

    private final List<EmbeddedChannel> flushes = new ArrayList<>();
    private final EmbeddedChannel plainChannel = channel();
    private final EmbeddedChannel offloadChannel = channel();
    private final Port plain = new Port(plainChannel, VnetHeader.V1, TapOffload.NONE);
    private final Port offload = new Port(offloadChannel, VnetHeader.V1, Set.of(TapOffload.CSUM, TapOffload.TSO4));
    private final EgressBatch batch = new EgressBatch();

    private EmbeddedChannel channel() {
        return new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {
            @Override
            public void flush(ChannelHandlerContext context) {
                flushes.add((EmbeddedChannel) context.channel());
                context.flush();
            }
        });
    }

    @AfterEach
    void close() {
        plainChannel.finishAndReleaseAll();
        offloadChannel.finishAndReleaseAll();
    }

    private static ByteBuf gsoFrame() {
        Frames frames = Frames.tcp4();
        frames.partial = true;
        frames.payload = 3 * MSS;
        return frames.gsoFrame(HEADER, MSS);
    }

    private EgressBatch.Result send(ByteBuf frame, Port to) {
        return batch.send(frame, RequiredOffloads.of(frame, frame.readerIndex()), to);
    }

    @Test
    void whatThePortTakesLeavesAsTheSameBuffer() {
        ByteBuf frame = gsoFrame();
        assertThat(send(frame, offload)).isEqualTo(EgressBatch.Result.SENT);
        assertThat(offloadChannel.<Object>readOutbound()).as("before the flush").isNull();
        batch.flush();
        ByteBuf sent = offloadChannel.readOutbound();
        assertThat(sent).isSameAs(frame);
        sent.release();
    }

    @Test
    void whatThePortDoesNotTakeLeavesInSegments() {
        assertThat(send(gsoFrame(), plain)).isEqualTo(EgressBatch.Result.SEGMENTED);
        batch.flush();
        assertThat(plainChannel.outboundMessages()).hasSize(3);
        plainChannel.outboundMessages().forEach(segment -> assertThat(RequiredOffloads.of((ByteBuf) segment, 0))
                .isZero());
    }

    @Test
    void segmentsForAPortThatCompletesChecksumsArePartial() {
        EmbeddedChannel channel = new EmbeddedChannel();
        int required = RequiredOffloads.negotiated(Set.of(TapOffload.CSUM));

        assertThat(send(gsoFrame(), new Port(channel, VnetHeader.V1, Set.of(TapOffload.CSUM))))
                .isEqualTo(EgressBatch.Result.SEGMENTED);
        batch.flush();

        assertThat(channel.outboundMessages()).hasSize(3);
        channel.outboundMessages().forEach(segment -> assertThat(RequiredOffloads.of((ByteBuf) segment, 0))
                .isEqualTo(required));
        channel.finishAndReleaseAll();
    }

    @Test
    void eachPortIsFlushedOnceABatch() {
        for (int i = 0; i < 5; i++) {
            send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), plain);
            send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), offload);
        }
        assertThat(flushes).isEmpty();
        batch.flush();
        assertThat(flushes).containsExactlyInAnyOrder(plainChannel, offloadChannel);
        batch.flush();
        assertThat(flushes).hasSize(2);
    }

    /** As with an in-process channel, whose peer reads, forwards and ends its batch within our flush. */
    @Test
    void aBatchWithinTheFlushOfAnotherLeavesNoPortUnflushed() {
        EmbeddedChannel answering = new EmbeddedChannel();
        answering.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            private boolean answered;

            @Override
            public void flush(ChannelHandlerContext context) {
                context.flush();
                if (!answered) {
                    answered = true;
                    send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), plain);
                    send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), offload);
                    batch.flush();
                }
            }
        });
        send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), plain);
        send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), new Port(answering, VnetHeader.V1, TapOffload.NONE));
        batch.flush();
        assertThat(plainChannel.outboundMessages()).hasSize(2);
        assertThat(offloadChannel.outboundMessages()).hasSize(1);
        assertThat(answering.outboundMessages()).hasSize(1);
        answering.finishAndReleaseAll();
    }

    @Test
    void aPortWithoutRoomGetsNothingAndTheFrameIsReleased() {
        plainChannel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));
        send(Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60), plain);
        ByteBuf refused = gsoFrame();
        assertThat(send(refused, plain)).isEqualTo(EgressBatch.Result.CONGESTED);
        assertThat(refused.refCnt()).isZero();
        batch.flush();
        assertThat(plainChannel.outboundMessages()).hasSize(1);
    }

    @Test
    void aHeaderThatDoesNotFitItsFrameIsDropped() {
        ByteBuf frame = Unpooled.buffer(HEADER + 60).writeZero(HEADER + 60);
        frame.setByte(0, 1).setShortLE(6, 70);
        assertThat(send(frame, plain)).isEqualTo(EgressBatch.Result.MALFORMED);
        assertThat(frame.refCnt()).isZero();
    }

    @Test
    void offloadsNeedAHeader() {
        assertThatThrownBy(() -> new Port(plainChannel, VnetHeader.NONE, Set.of(TapOffload.CSUM)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("offloads=[CSUM] (expected: a header of 10 bytes or more, or no offloads)");
    }

    @Test
    void bareFramesGetAHeaderAndLoseIt() {
        for (boolean headroom : new boolean[] {true, false}) {
            EmbeddedChannel socket = new EmbeddedChannel(new BareFrameHandler(VnetHeader.V1, headroom));
            ByteBuf bare = Unpooled.buffer().writeBytes(new byte[] {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 3});
            bare.skipBytes(13);
            socket.writeInbound(bare);
            ByteBuf frame = socket.readInbound();
            assertThat(frame.readableBytes()).isEqualTo(HEADER + 3);
            assertThat(RequiredOffloads.of(frame, frame.readerIndex())).isZero();
            assertThat(frame.getByte(frame.readerIndex() + HEADER - 1)).isZero();
            assertThat(frame == bare).as("in place").isEqualTo(headroom);
            socket.writeOutbound(frame);
            ByteBuf sent = socket.readOutbound();
            assertThat(sent.getMedium(sent.readerIndex())).isEqualTo(0x010203);
            assertThat(sent.readableBytes()).isEqualTo(3);
            sent.release();
            socket.finishAndReleaseAll();
        }
    }
}
