/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;

class CoalescingWriteHandlerTest {

    private static final int HEADER = 12;

    private final CoalescingWriteHandler handler =
            CoalescingWriteHandler.withHeader(VnetHeader.ofLength(HEADER), new Coalescer());
    private final Frames frames = Frames.tcp4();
    private EmbeddedChannel channel = new EmbeddedChannel(handler);

    @AfterEach
    void close() {
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    @Test
    void packetsOfAFlowLeaveAtTheFlushAsOneGsoFrame() {
        List<ChannelFuture> writes = write(20);
        assertThat(channel.<Object>readOutbound()).isNull();

        channel.flush();

        ByteBuf packet = channel.readOutbound();
        assertThat(FrameValidator.validate(packet, packet.readerIndex(), packet.writerIndex(), HEADER))
                .isEqualTo(FrameVerdict.WELL_FORMED);
        assertThat(VirtioNetHeader.gsoType(packet, packet.readerIndex())).isEqualTo(VirtioNetHeader.GSO_TCPV4);
        assertThat(packet.readableBytes()).isEqualTo(HEADER + 54 + 20 * 100);
        assertThat(packet.nioBufferCount()).isEqualTo(1);
        packet.release();
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(writes).allMatch(ChannelFuture::isSuccess);
        assertThat(handler.received()).isEqualTo(20);
        assertThat(handler.delivered()).isEqualTo(1);
    }

    @Test
    void framesLeaveThroughTheCodecAsOnePacket() {
        channel = new EmbeddedChannel(
                new VirtioNetCodec(VnetHeader.ofLength(HEADER)), CoalescingWriteHandler.frames(new Coalescer()));
        channel.write(VirtioNetFrame.complete(next().frame(), ChecksumState.NONE));
        channel.write(next().frame());
        channel.flush();

        ByteBuf packet = channel.readOutbound();
        assertThat(packet.readableBytes()).isEqualTo(HEADER + 54 + 2 * 100);
        packet.release();
    }

    @Test
    void lonePacketLeavesAsItCame() {
        ByteBuf sent = next().packet(HEADER);
        String bytes = ByteBufUtil.hexDump(sent);

        ChannelFuture write = channel.writeAndFlush(sent);

        ByteBuf packet = channel.readOutbound();
        assertThat(packet).isSameAs(sent);
        assertThat(ByteBufUtil.hexDump(packet)).isEqualTo(bytes);
        assertThat(write.isSuccess()).isTrue();
        packet.release();
    }

    @Test
    void gsoFramePassesAtOnceIfNothingWaits() {
        Frames large = Frames.tcp4();
        large.payload = 500;
        channel.write(large.gsoFrame(HEADER, 100));
        List<ChannelFuture> writes = write(1);
        channel.write(large.gsoFrame(HEADER, 100));
        channel.pipeline().firstContext().flush();

        ReferenceCountUtil.release(channel.readOutbound());
        assertThat(channel.<Object>readOutbound())
                .as("behind a frame that waits")
                .isNull();
        assertThat(writes.get(0).isDone()).isFalse();

        channel.flush();

        assertThat(drain()).containsExactly(HEADER + 54 + 100, HEADER + 54 + 500);
        assertThat(handler.received()).isEqualTo(3);
        assertThat(handler.delivered()).isEqualTo(3);
    }

    @Test
    void otherMessagesLeaveInOrder() {
        write(2);
        channel.write("other");
        write(2);
        ByteBuf tooShort = channel.alloc().directBuffer().writeZero(HEADER + 13);
        channel.write(tooShort);
        channel.flush();

        assertThat(drain()).containsExactly(HEADER + 54 + 200, "other", HEADER + 54 + 200, HEADER + 13);
    }

    @Test
    void cancelledWriteIsNotSent() {
        List<ChannelFuture> writes = write(5);
        writes.get(2).cancel(false);
        channel.flush();

        // The hole that it leaves is one in the flow, too.
        assertThat(drain()).containsExactly(HEADER + 54 + 200, HEADER + 54 + 200);
        assertThat(writes.get(4).isSuccess()).isTrue();
        assertThat(handler.received()).isEqualTo(4);
    }

    @Test
    void flushedWriteCanNoLongerBeCancelled() {
        ChannelPromise[] last = new ChannelPromise[1];
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
                ReferenceCountUtil.release(msg);
                last[0] = promise;
            }
        });
        List<ChannelFuture> writes = write(2);
        channel.flush();

        assertThat(writes.get(0).cancel(false)).isFalse();
        assertThat(writes.get(0).isDone()).isFalse();

        last[0].setSuccess();

        assertThat(writes).allMatch(ChannelFuture::isSuccess);
    }

    @Test
    void failedGsoFrameFailsTheWritesOfAllItsFrames() {
        IOException failure = new IOException("link down");
        failWrites(failure);
        List<ChannelFuture> writes = write(3);
        channel.flush();

        assertThat(writes).allMatch(write -> write.cause() == failure);
    }

    @Test
    void failureOfVoidWritesIsAnExceptionInThePipeline() {
        failWrites(new IOException("link down"));
        for (int i = 0; i < 3; i++) {
            channel.write(next().packet(HEADER), channel.voidPromise());
        }
        channel.flush();

        assertThatThrownBy(channel::checkException).hasMessage("link down");
        channel.checkException();
    }

    @Test
    void writeOfAFailedWritesListenerIsSentWithItsFlush() {
        List<ChannelFuture> writes = write(1);
        boolean[] failed = new boolean[1];
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
                if (failed[0]) {
                    ctx.write(msg, promise);
                    return;
                }
                failed[0] = true;
                ReferenceCountUtil.release(msg);
                promise.setFailure(new IOException("once"));
            }
        });
        writes.get(0).addListener(done -> {
            write(2);
            channel.flush();
        });
        channel.write("other");
        channel.flush();

        assertThat(drain()).containsExactly("other", HEADER + 54 + 200);
    }

    @Test
    void writesWithoutAFlushArePassedOnBeforeTheyAreTooMany() {
        write(CoalescingWriteHandler.MAX_WRITES - 1);
        assertThat(handler.received()).isZero();

        write(1);

        assertThat(handler.received()).isEqualTo(CoalescingWriteHandler.MAX_WRITES);
        channel.flush();
        int payload = drain().stream()
                .mapToInt(length -> (Integer) length - HEADER - 54)
                .sum();
        assertThat(payload).isEqualTo(CoalescingWriteHandler.MAX_WRITES * 100);
    }

    @Test
    void writesWithoutAFlushArePassedOnBeforeTheyAreTooLong() {
        frames.payload = 60_000;
        int fitting = CoalescingWriteHandler.MAX_BYTES / (HEADER + 54 + 60_000);
        write(fitting);
        assertThat(handler.received()).isZero();

        write(1);

        assertThat(handler.received()).isEqualTo(fitting + 1);
        channel.flush();
        assertThat(drain()).hasSize(fitting + 1);
    }

    @Test
    void closeFailsWhatWaits() {
        List<ChannelFuture> writes = write(2);

        channel.close();

        assertThat(writes).allMatch(write -> write.cause() instanceof ClosedChannelException);
    }

    @Test
    void handlerRemovedFromAnOpenChannelPassesOnWhatWaits() {
        List<ChannelFuture> writes = write(2);

        channel.pipeline().remove(handler);
        assertThat(writes).noneMatch(ChannelFuture::isDone);
        channel.flush();

        assertThat(drain()).containsExactly(HEADER + 54 + 200);
        assertThat(writes).allMatch(ChannelFuture::isSuccess);
    }

    @Test
    void framesThatFindNoMemoryToBeJoinedLeaveAsTheyCame() {
        OutOfMemoryError failure = new OutOfMemoryError("direct");
        channel.config().setAllocator((ByteBufAllocator) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ByteBufAllocator.class}, (proxy, method, given) -> {
                    throw failure;
                }));
        List<ChannelFuture> joined = write(2);
        frames.sourcePort++;
        List<ChannelFuture> single = write(1);
        channel.flush();

        assertThat(joined).allMatch(ChannelFuture::isSuccess);
        assertThat(single).allMatch(ChannelFuture::isSuccess);
        assertThat(drain()).containsExactly(HEADER + 54 + 100, HEADER + 54 + 100, HEADER + 54 + 100);
    }

    @Test
    void releasedMessageFailsItsOwnWriteOnly() {
        ByteBuf released = next().packet(HEADER);
        ChannelFuture write = channel.write(released);
        released.release();
        frames.sourcePort++;
        List<ChannelFuture> others = write(2);
        channel.flush();

        assertThat(write.cause()).isInstanceOf(IllegalReferenceCountException.class);
        assertThat(others).allMatch(ChannelFuture::isSuccess);
        assertThat(drain()).containsExactly(HEADER + 54 + 200);
    }

    @Test
    void handlerOfPacketsSaysThatAFrameIsNone() {
        ByteBuf content = Frames.tcp4().frame();

        ChannelFuture write = channel.write(VirtioNetFrame.complete(content, ChecksumState.NONE));

        assertThat(write.cause())
                .hasMessage(
                        "CoalescingWriteHandler.withHeader got a VirtioNetFrame (expected: ByteBuf of header and frame;"
                                + " use CoalescingWriteHandler.frames behind a VirtioNetCodec)");
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void deviceWithoutHeaderIsRefused() {
        assertThatThrownBy(() -> CoalescingWriteHandler.withHeader(VnetHeader.NONE, new Coalescer()))
                .hasMessage(
                        "cannot coalesce: header=NONE (expected: a virtio-net header, without which no device takes GSO frames)");
    }

    private void failWrites(IOException failure) {
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
                ReferenceCountUtil.release(msg);
                promise.tryFailure(failure);
            }
        });
    }

    private List<ChannelFuture> write(int count) {
        List<ChannelFuture> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writes.add(channel.write(next().packet(HEADER)));
        }
        return writes;
    }

    /** The next packet of the flow. */
    private Frames next() {
        frames.sequence += frames.payload;
        frames.identification++;
        return frames;
    }

    /** The lengths of the packets that left, and the other messages. */
    private List<Object> drain() {
        List<Object> out = new ArrayList<>();
        for (Object msg = channel.readOutbound(); msg != null; msg = channel.readOutbound()) {
            out.add(msg instanceof ByteBuf ? ((ByteBuf) msg).readableBytes() : msg);
            ReferenceCountUtil.release(msg);
        }
        return out;
    }
}
