/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What every TAP channel does, whatever it works on and whichever kind of event loop runs it. */
@Timeout(60)
abstract class TapChannelContract {

    private MultiThreadIoEventLoopGroup group;
    private Subject subject;
    private final Inbox inbox = new Inbox();

    abstract IoHandlerFactory ioHandlerFactory();

    abstract Subject open() throws Exception;

    @BeforeEach
    void openSubject() throws Exception {
        group = new MultiThreadIoEventLoopGroup(2, ioHandlerFactory());
        subject = open();
    }

    @AfterEach
    void closeSubject() throws Exception {
        TapChannel channel = subject.channel();
        if (channel.isRegistered()) {
            channel.close().sync();
        } else {
            channel.unsafe().closeForcibly();
        }
        subject.close();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    private Bootstrap bootstrap(ChannelHandler handler) {
        return new Bootstrap()
                .group(group)
                .channelFactory(() -> subject.channel())
                .handler(handler);
    }

    private Channel register(ChannelHandler handler) throws InterruptedException {
        return bootstrap(handler).register().sync().channel();
    }

    private static ByteBuf buffer(byte[] frame) {
        return Unpooled.directBuffer(frame.length).writeBytes(frame);
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
    void sendsFramesOfEveryLengthWholeAndInOrder() throws Exception {
        Channel channel = register(inbox);
        for (int length = NumberedFrames.MIN_NUMBERED; length <= 1_514; length++) {
            byte[] frame = NumberedFrames.numbered(length, length);
            channel.writeAndFlush(buffer(frame)).sync();
            assertThat(subject.peer().receive()).isEqualTo(frame);
        }
        assertThat(subject.channel().counters().framesSent()).isEqualTo(1_514 - NumberedFrames.MIN_NUMBERED + 1);
    }

    @Test
    void sendsEveryKindOfBuffer() throws Exception {
        Channel channel = register(inbox);
        byte[] frame = NumberedFrames.numbered(7, 600);
        List<ByteBuf> kinds = new ArrayList<>();
        kinds.add(Unpooled.wrappedBuffer(frame));
        kinds.add(Unpooled.directBuffer(600).writeBytes(frame));
        kinds.add(Unpooled.directBuffer(600).writeBytes(frame).asReadOnly());
        kinds.add(Unpooled.wrappedBuffer(frame).asReadOnly());
        kinds.add(PooledByteBufAllocator.DEFAULT.heapBuffer(600).writeBytes(frame));
        kinds.add(PooledByteBufAllocator.DEFAULT
                .directBuffer(700)
                .writeZero(50)
                .writeBytes(frame)
                .skipBytes(50));
        kinds.add(UnpooledByteBufAllocator.DEFAULT.directBuffer(600).writeBytes(frame));
        kinds.add(
                Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(600).put(frame).flip()));
        kinds.add(composite(true, frame));
        kinds.add(composite(false, frame));
        kinds.add(buffer(frame).retainedSlice(0, 600).asReadOnly());
        kinds.get(kinds.size() - 1).unwrap().release();
        for (ByteBuf kind : kinds) {
            channel.writeAndFlush(kind).sync();
            assertThat(subject.peer().receive()).as("%s", kind).isEqualTo(frame);
        }
    }

    private static CompositeByteBuf composite(boolean direct, byte[] frame) {
        CompositeByteBuf composite = Unpooled.compositeBuffer();
        for (int start = 0; start < frame.length; start += 100) {
            ByteBuf part = direct ? Unpooled.directBuffer(100) : Unpooled.buffer(100);
            composite.addComponent(true, part.writeBytes(frame, start, 100));
        }
        return composite;
    }

    @Test
    void aFlushSendsManyFramesInOrder() throws Exception {
        Channel channel = register(inbox);
        ChannelFuture last = null;
        for (int i = 0; i < 100; i++) {
            last = channel.write(buffer(NumberedFrames.numbered(i, 200)));
        }
        channel.flush();
        last.sync();
        for (int i = 0; i < 100; i++) {
            assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(i);
        }
        assertThat(subject.channel().counters().bytesSent()).isEqualTo(20_000);
    }

    @Test
    void aTurnWritesNoMoreThanItMayAndTheRestFollows() throws Exception {
        Channel channel = register(inbox);
        channel.config().setOption(ChannelOption.MAX_MESSAGES_PER_WRITE, 3);
        ChannelFuture last = null;
        for (int i = 0; i < 50; i++) {
            last = channel.write(buffer(NumberedFrames.numbered(i, 64)));
        }
        channel.flush();
        last.sync();
        for (int i = 0; i < 50; i++) {
            assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(i);
        }
    }

    @Test
    void frameShorterThanAnEthernetHeaderFailsItsPromiseAndLeavesTheChannelOpen() throws Exception {
        Channel channel = register(inbox);
        ChannelFuture write = channel.writeAndFlush(buffer(new byte[13])).await();
        assertThat(write.cause()).hasMessageContaining("length=13 (expected: 14 to ");
        assertThat(subject.channel().counters().dropsMalformed()).isOne();
        channel.writeAndFlush(buffer(NumberedFrames.numbered(1, 64))).sync();
        assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(1);
    }

    @Test
    void messageOfAnotherTypeFailsItsPromise() throws Exception {
        Channel channel = register(inbox);
        assertThatThrownBy(() -> channel.writeAndFlush("frame").sync())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("unsupported message type: String (expected: ByteBuf)");
        assertThat(channel.isOpen()).isTrue();
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
                if (frames.size() == 5) {
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
        channel.config().setAutoRead(true);
        for (int i = 0; i < 5; i++) {
            assertThat(NumberedFrames.numberOf(stopping.next())).isEqualTo(i);
        }
        // The handler stops again whenever five frames are waiting.
        for (int i = 5; i < 50; i++) {
            assertThat(NumberedFrames.numberOf(stopping.next())).isEqualTo(i);
            channel.config().setAutoRead(true);
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

    @Test
    void receiveAllocatorThatWouldCutFramesIsRefused() throws Exception {
        ChannelFuture registration = bootstrap(inbox)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(512))
                .register()
                .await();
        assertThat(registration.cause())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("RECVBUF_ALLOCATOR is too small, frames would be cut: address=\\w+, size=512"
                        + " \\(expected: at least \\d+, or leave the option unset\\)");
        assertThat(subject.channel().isOpen()).isFalse();
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
    void writesAfterCloseFail() throws Exception {
        Channel channel = register(inbox);
        channel.close().sync();
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.isActive()).isFalse();
        ChannelFuture write =
                channel.writeAndFlush(buffer(NumberedFrames.numbered(1, 64))).await();
        assertThat(write.cause()).isInstanceOf(ClosedChannelException.class);
        // Inactivity is told in a later turn of the loop.
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        assertThat(inbox.inactive.get()).isOne();
    }

    @Test
    void closeFromInsideChannelReadDeliversNothingMore() throws Exception {
        Inbox closing = new Inbox() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                super.channelRead(ctx, message);
                ctx.close();
            }
        };
        Channel channel = bootstrap(closing)
                .option(ChannelOption.AUTO_READ, false)
                .register()
                .sync()
                .channel();
        for (int i = 0; i < 20; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        channel.config().setAutoRead(true);
        channel.closeFuture().sync();
        assertThat(closing.frames).hasSize(1);
    }

    @Test
    void disconnectCloses() throws Exception {
        Channel channel = register(inbox);
        channel.disconnect().sync();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void connectIsRefused() throws Exception {
        Channel channel = register(inbox);
        assertThat(channel.connect(TapAddress.of("tap1")).await().cause())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("a TAP channel has no remote address: use bind");
    }

    @Test
    void movesToAnotherEventLoop() throws Exception {
        Channel channel = register(inbox);
        subject.peer().send(NumberedFrames.numbered(1, 64));
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(1);
        channel.deregister().sync();
        subject.peer().send(NumberedFrames.numbered(2, 64));
        EventLoopGroup anyLoop = group;
        anyLoop.register(channel).sync();
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(2);
        channel.writeAndFlush(buffer(NumberedFrames.numbered(3, 64))).sync();
        assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(3);
        assertThat(inbox.inactive.get()).isZero();
    }

    @Test
    void aFlushFromAWriteListenerIsNotLost() throws Exception {
        Channel channel = register(inbox);
        CountDownLatch done = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            int number = i;
            channel.write(buffer(NumberedFrames.numbered(number, 64)))
                    .addListener(future -> channel.writeAndFlush(buffer(NumberedFrames.numbered(1_000 + number, 64)))
                            .addListener(echo -> done.countDown()));
        }
        channel.flush();
        assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 200; i++) {
            assertThat(subject.peer().receive()).isNotNull();
        }
    }

    @Test
    void cancelledWriteIsNotSent() throws Exception {
        Channel channel = register(inbox);
        ChannelFuture cancelled = channel.write(buffer(NumberedFrames.numbered(1, 64)));
        channel.eventLoop().submit(() -> cancelled.cancel(false)).sync();
        channel.writeAndFlush(buffer(NumberedFrames.numbered(2, 64))).sync();
        assertThat(cancelled.isCancelled()).isTrue();
        assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(2);
    }

    @Test
    void voidPromiseSends() throws Exception {
        Channel channel = register(inbox);
        channel.writeAndFlush(buffer(NumberedFrames.numbered(9, 64)), channel.voidPromise());
        assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(9);
    }

    @Test
    void loopShutdownClosesTheChannel() throws Exception {
        Channel channel = register(inbox);
        // Not with a quiet period of 0, with which Netty's loop may end before it has closed its channels.
        group.shutdownGracefully(20, 5_000, TimeUnit.MILLISECONDS).sync();
        assertThat(channel.isOpen()).isFalse();
        assertThat(subject.channel().fd().isOpen()).isFalse();
    }
}
