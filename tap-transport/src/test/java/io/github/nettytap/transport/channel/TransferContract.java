/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How every TAP channel receives, whatever it works on and whichever kind of event loop runs it. */
abstract class TransferContract extends ChannelContract {

    TransferContract(LoopKind loop, Callable<? extends Subject> opening) {
        super(loop, opening);
    }

    @Test
    void registrationOfAnOpenedQueueActivatesTheChannel() throws Exception {
        Channel channel = register(inbox);
        assertThat(channel.isActive()).isTrue();
        assertThat(channel.isOpen()).isTrue();
        assertThat(channel.isRegistered()).isTrue();
        assertThat(channel.localAddress()).isNotNull();
        assertThat(channel.remoteAddress()).isNull();
    }

    @Test
    void receivesFramesOfEveryLengthWholeAndInOrder() throws Exception {
        register(inbox);
        for (int length = NumberedFrames.MIN_NUMBERED; length <= 1_514; length++) {
            byte[] frame = NumberedFrames.numbered(length, length);
            subject.peer().send(frame);
            assertThat(inbox.next()).isEqualTo(frame);
        }
        assertThat(subject.channel().counters().framesReceived()).isEqualTo(1_514 - NumberedFrames.MIN_NUMBERED + 1);
        assertThat(subject.channel().counters().framesTruncated()).isZero();
    }

    @Test
    void receivesABurstInBatches() throws Exception {
        register(inbox);
        for (int i = 0; i < 200; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 100));
        }
        for (int i = 0; i < 200; i++) {
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
        }
        subject.channel().close().sync();
        assertThat(subject.channel().counters().receiveBatches()).isBetween(4L, 200L);
        assertThat(inbox.readCompletes.get()).isPositive();
    }

    @Test
    void readDeliversOneFrameWhileAutoReadIsOff() throws Exception {
        Channel channel = bootstrap(inbox)
                .option(ChannelOption.AUTO_READ, false)
                .register()
                .sync()
                .channel();
        for (int i = 0; i < 10; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        assertThat(inbox.frames.poll(100, TimeUnit.MILLISECONDS)).isNull();
        for (int i = 0; i < 10; i++) {
            channel.read();
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
            assertThat(inbox.frames.poll(20, TimeUnit.MILLISECONDS)).isNull();
        }
    }

    @Test
    void nothingIsDeliveredOnceAHandlerHasStoppedReading() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        Inbox stopping = new Inbox() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                super.channelRead(ctx, message);
                if (frames.size() >= 5) {
                    ctx.channel().config().setAutoRead(false);
                    stopped.countDown();
                }
            }
        };
        Channel channel = bootstrap(stopping)
                .option(ChannelOption.AUTO_READ, false)
                .register()
                .sync()
                .channel();
        for (int i = 0; i < 50; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        channel.config().setAutoRead(true);
        stopped.await();
        Thread.sleep(50);
        assertThat(stopping.frames).hasSize(5);
        // The handler stops again whenever five frames are waiting. Only the loop switches, so that what is switched on
        // after a frame is taken comes after what the handler did with that frame.
        for (int i = 0; i < 50; i++) {
            assertThat(NumberedFrames.numberOf(stopping.next())).isEqualTo(i);
            channel.eventLoop().submit(() -> channel.config().setAutoRead(true)).sync();
        }
    }

    @Test
    void maxMessagesPerReadBoundsABatch() throws Exception {
        List<Integer> batches = new ArrayList<>();
        CountDownLatch all = new CountDownLatch(20);
        Channel channel = bootstrap(new Inbox() {
                    private int inBatch;

                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        super.channelRead(ctx, message);
                        inBatch++;
                        all.countDown();
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {
                        batches.add(inBatch);
                        inBatch = 0;
                    }
                })
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(16_384).maxMessagesPerRead(4))
                .register()
                .sync()
                .channel();
        for (int i = 0; i < 20; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        channel.config().setAutoRead(true);
        all.await();
        channel.close().sync();
        assertThat(batches).allMatch(size -> size <= 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 63})
    void maxMessagesPerReadReordersNothingAndEndsNoBatchWithoutAFrame(int limit) throws Exception {
        bootstrap(inbox)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        subject.channel()
                                .config()
                                .<MaxMessagesRecvByteBufAllocator>getRecvByteBufAllocator()
                                .maxMessagesPerRead(limit))
                .register()
                .sync();
        for (int i = 0; i < 500; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        for (int i = 0; i < 500; i++) {
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
        }
        subject.channel().close().sync();
        assertThat(inbox.readCompletes.get()).isBetween(500 / limit, 500);
        assertThat(inbox.emptyBatches.get()).isZero();
    }

    @Test
    void aReceiveAllocatorThatGuessesTooLittleCutsNoFrame() throws Exception {
        bootstrap(inbox)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(64))
                .register()
                .sync();
        for (int length = 60; length <= 1_514; length += 97) {
            byte[] frame = NumberedFrames.numbered(length, length);
            subject.peer().send(frame);
            assertThat(inbox.next()).isEqualTo(frame);
        }
        assertThat(subject.channel().counters().framesTruncated()).isZero();
    }

    @Test
    void headroomOutOfRangeFailsTheRegistration() throws Exception {
        ChannelFuture registration = bootstrap(inbox)
                .option(TapChannelOption.TAP_HEADROOM, 1_025)
                .register()
                .await();
        assertThat(registration.cause())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("TAP_HEADROOM out of range: headroom=1025 (expected: 0 to 1024)");
        assertThat(subject.channel().isOpen()).isFalse();
        assertThat(subject.channel().fd().isOpen()).isFalse();
        assertThat(subject.channel().closeFuture().isDone()).isTrue();
    }

    @Test
    void headroomIsFreeInFrontOfEachFrame() throws Exception {
        CountDownLatch done = new CountDownLatch(10);
        List<String> wrong = new ArrayList<>();
        bootstrap(new Inbox() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ByteBuf frame = (ByteBuf) message;
                        if (frame.readerIndex() != 64) {
                            wrong.add(frame.toString());
                        }
                        frame.setZero(0, 64);
                        super.channelRead(ctx, message);
                        done.countDown();
                    }
                })
                .option(TapChannelOption.TAP_HEADROOM, 64)
                .register()
                .sync();
        for (int i = 0; i < 10; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        done.await();
        assertThat(wrong).isEmpty();
    }

    @Test
    void connectIsRefused() throws Exception {
        Channel channel = register(inbox);
        assertThat(channel.connect(TapAddress.of("tap1")).await().cause())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("a TAP channel has no remote address: use bind");
    }
}
