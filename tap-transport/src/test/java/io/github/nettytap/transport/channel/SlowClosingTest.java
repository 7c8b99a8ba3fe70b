/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A descriptor whose closing takes its time, as that of the last queue of an interface does. */
@ParameterizedClass
@EnumSource(TapIoType.class)
class SlowClosingTest {

    private static final long PATIENCE_SECONDS = 30;

    private final TapIoType io;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch mayClose = new CountDownLatch(1);
    private final CountDownLatch inactive = new CountDownLatch(1);
    private TapEventLoopGroup group;
    private SocketpairSubject subject;
    private Channel channel;

    SlowClosingTest(TapIoType io) {
        this.io = io;
    }

    @BeforeEach
    void register() throws Exception {
        group = TapEventLoopGroup.builder().io(io).build();
        subject = SocketpairSubject.of(LoopKind.valueOf(io.name()))
                .whileClosing(this::closeSlowly)
                .open();
        channel = new Bootstrap()
                .group(group)
                .channelFactory(subject::channel)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        inactive.countDown();
                    }
                })
                .register()
                .sync()
                .channel();
    }

    private void closeSlowly() {
        closing.countDown();
        try {
            mayClose.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void end() throws Exception {
        mayClose.countDown();
        if (!group.isTerminated()) {
            channel.close().sync();
        }
        group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).sync();
        subject.close();
    }

    @Test
    void otherChannelsOfTheLoopGoOnMeanwhile() throws Exception {
        ChannelFuture closed = channel.close();
        assertThat(closing.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(closed.isDone()).isFalse();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void writesFailMeanwhile() throws Exception {
        ChannelFuture unflushed = channel.write(Unpooled.wrappedBuffer(new byte[60]));
        channel.close();
        assertThat(unflushed.await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[60]))
                        .await()
                        .cause())
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void whoWaitsForTheCloseMayEndTheLoop() throws Exception {
        mayClose.countDown();
        channel.close().sync();
        group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).sync();
        assertThat(inactive.getCount()).isZero();
    }

    @Test
    void closeIsCompleteWhenTheLoopEndsMeanwhile() throws Exception {
        ChannelFuture closed = channel.close();
        closing.await();
        group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).sync();
        mayClose.countDown();
        assertThat(closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
