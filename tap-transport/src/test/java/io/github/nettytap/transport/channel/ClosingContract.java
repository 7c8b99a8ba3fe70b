/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import org.junit.jupiter.api.Test;

import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** How every TAP channel leaves its event loop and ends, whoever asks for it. */
abstract class ClosingContract extends ChannelContract {

    ClosingContract(LoopKind loop, Callable<? extends Subject> opening) {
        super(loop, opening);
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
        group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).sync();
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
    void loopShutdownClosesTheChannel() throws Exception {
        Channel channel = register(inbox);
        // Not with a quiet period of 0, with which Netty's loop may end before it has closed its channels.
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
        assertThat(channel.isOpen()).isFalse();
        assertThat(subject.channel().fd().isOpen()).isFalse();
    }

    @Test
    void theIdiomThatClosesAfterTheLastWriteSendsAll() throws Exception {
        Channel channel = register(inbox);
        ChannelFuture first = channel.write(frame(1));
        ChannelFuture second = channel.write(frame(2));
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        channel.closeFuture().sync();
        assertThat(first.sync().isSuccess()).isTrue();
        assertThat(second.sync().isSuccess()).isTrue();
        assertThat(subject.channel().counters().framesSent()).isEqualTo(2);
    }

    @Test
    void closeFutureComesAfterEverythingElse() throws Exception {
        Channel channel = register(inbox);
        List<String> order = new CopyOnWriteArrayList<>();
        ChannelFuture write = channel.write(frame(1));
        write.addListener(done -> order.add("write"));
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelInactive(ChannelHandlerContext ctx) {
                order.add("inactive, descriptor open: " + subject.channel().fd().isOpen());
                ctx.fireChannelInactive();
            }
        });
        channel.closeFuture().addListener(done -> order.add("closed"));
        channel.close().sync();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(order).containsExactly("write", "inactive, descriptor open: false", "closed");
    }

    @Test
    void aCloseThatIsCancelledIsNoClose() throws Exception {
        Channel channel = register(inbox);
        channel.eventLoop()
                .submit(() -> {
                    ChannelPromise promise = channel.newPromise();
                    promise.cancel(false);
                    channel.close(promise);
                    ChannelPromise departure = channel.newPromise();
                    departure.cancel(false);
                    channel.deregister(departure);
                })
                .sync();
        channel.writeAndFlush(frame(1)).sync();
        assertThat(nextSent()).isEqualTo(1);
        subject.peer().send(NumberedFrames.numbered(2, 64));
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(2);
        assertThat(channel.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCloseThatIsCancelledWhileItIsCarriedOutGoesOn() throws Exception {
        Channel channel = register(inbox);
        ChannelPromise promise = channel.newPromise();
        channel.eventLoop()
                .submit(() -> {
                    channel.close(promise);
                    promise.cancel(false);
                })
                .sync();
        assertThat(channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(promise.await().isSuccess()).isTrue();
    }

    @Test
    void whatIsFlushedBetweenTwoLoopsLeavesOnTheNext() throws Exception {
        Channel channel = register(inbox);
        channel.deregister().sync();
        ChannelFuture write = channel.writeAndFlush(frame(1));
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(write.isDone()).isFalse();
        assertThat(channel.isOpen()).isTrue();
        ((EventLoopGroup) group).register(channel).sync();
        write.sync();
        assertThat(nextSent()).isEqualTo(1);
    }

    @Test
    void aReadBetweenTwoLoopsBringsAFrameOnTheNext() throws Exception {
        Channel channel = bootstrap(inbox)
                .option(ChannelOption.AUTO_READ, false)
                .register()
                .sync()
                .channel();
        channel.deregister().sync();
        channel.read();
        channel.eventLoop().submit(() -> {}).sync();
        subject.peer().send(NumberedFrames.numbered(1, 64));
        ((EventLoopGroup) group).register(channel).sync();
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(1);
    }

    @Test
    void whatWaitsWhileDeregisteredFailsWithTheClose() throws Exception {
        Channel channel = register(inbox);
        channel.deregister().sync();
        ChannelFuture write = channel.writeAndFlush(frame(1));
        channel.close();
        assertThat(channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(write.await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(subject.channel().fd().isOpen()).isFalse();
    }

    @Test
    void closeForciblyIsAClose() throws Exception {
        Channel channel = register(inbox);
        ChannelFuture write = channel.write(frame(1));
        channel.eventLoop().submit(() -> channel.unsafe().closeForcibly()).sync();
        assertThat(channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(write.await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(subject.channel().fd().isOpen()).isFalse();
        assertThat(inbox.inactive.get()).isOne();
    }

    @Test
    void shutdownOfTheOutputIsAClose() throws Exception {
        TapChannel channel = (TapChannel) register(inbox);
        ChannelFuture write = channel.write(frame(1));
        channel.eventLoop().submit(() -> channel.doShutdownOutput()).sync();
        assertThat(channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(write.await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(channel.fd().isOpen()).isFalse();
        assertThat(inbox.inactive.get()).isOne();
    }

    @Test
    void anErrorInTheMiddleOfAWriteClosesInFullView() throws Exception {
        TapChannel channel = (TapChannel) register(inbox);
        IllegalStateException error = new IllegalStateException("for the test");
        ChannelFuture write = channel.write(frame(1));
        channel.eventLoop().submit(() -> channel.closeWith(error)).sync();
        assertThat(channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(write.await().cause())
                .isInstanceOf(ClosedChannelException.class)
                .hasCause(error);
        assertThat(inbox.errors).containsExactly(error);
        assertThat(inbox.inactive.get()).isOne();
        assertThat(channel.fd().isOpen()).isFalse();
    }
}
