/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * What every test of a contract starts from: an open subject, and two loops of one kind, on a plain group of Netty's.
 */
@Timeout(300)
abstract class ChannelContract {

    /** Long enough for a machine that does a lot besides; it is waited out only where a test fails. */
    static final long PATIENCE_SECONDS = 30;

    final LoopKind loop;
    final Inbox inbox = new Inbox();
    MultiThreadIoEventLoopGroup group;
    Subject subject;
    private final Callable<? extends Subject> opening;

    ChannelContract(LoopKind loop, Callable<? extends Subject> opening) {
        this.loop = loop;
        this.opening = opening;
    }

    @BeforeEach
    void openSubject() throws Exception {
        group = new MultiThreadIoEventLoopGroup(2, loop.handlerFactory());
        subject = opening.call();
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
        group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).sync();
    }

    final Bootstrap bootstrap(ChannelHandler handler) {
        return new Bootstrap()
                .group(group)
                .channelFactory(() -> subject.channel())
                .handler(handler);
    }

    final Channel register(ChannelHandler handler) throws InterruptedException {
        return bootstrap(handler).register().sync().channel();
    }

    static ByteBuf buffer(byte[] frame) {
        return Unpooled.directBuffer(frame.length).writeBytes(frame);
    }

    static ByteBuf frame(int number) {
        return buffer(NumberedFrames.numbered(number, 64));
    }

    final int nextSent() {
        return NumberedFrames.numberOf(subject.peer().receive());
    }
}
