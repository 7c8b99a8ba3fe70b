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
import io.netty.channel.WriteBufferWaterMark;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/** What only a socket in place of a TAP does: it blocks writers and it ends. And races, in large numbers. */
@Timeout(900)
@ParameterizedClass
@EnumSource(LoopKind.class)
class SocketpairBackpressureTest {

    private final LoopKind loop;
    private TapEventLoopGroup group;
    private final Inbox inbox = new Inbox();

    SocketpairBackpressureTest(LoopKind loop) {
        this.loop = loop;
    }

    @BeforeEach
    void makeGroup() {
        group = TapEventLoopGroup.builder().threads(2).io(loop.io()).build();
    }

    @AfterEach
    void endGroup() throws Exception {
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
    }

    private TapChannel register(SocketpairSubject subject) throws InterruptedException {
        return (TapChannel) new Bootstrap()
                .group(group)
                .channelFactory(subject::channel)
                .handler(inbox)
                .register()
                .sync()
                .channel();
    }

    @Test
    void blockedWritesWaitBecomeUnwritableAndGoOnInOrder() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
        TapChannel channel = register(subject);
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(10_000, 20_000));
        List<ChannelFuture> writes = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            writes.add(channel.write(Unpooled.directBuffer(1_000).writeBytes(NumberedFrames.numbered(i, 1_000))));
        }
        channel.flush();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(writes.get(writes.size() - 1).isDone()).isFalse();
        assertThat(channel.isWritable()).isFalse();
        assertThat(channel.counters().sendWouldBlock()).isPositive();
        for (int i = 0; i < 2_000; i++) {
            assertThat(NumberedFrames.numberOf(subject.peer().receive())).isEqualTo(i);
        }
        writes.get(writes.size() - 1).sync();
        assertThat(channel.isWritable()).isTrue();
        assertThat(channel.counters().framesSent()).isEqualTo(2_000);
        channel.close().sync();
        subject.close();
    }

    @Test
    void closeFailsBlockedWrites() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
        TapChannel channel = register(subject);
        ChannelFuture last = null;
        for (int i = 0; i < 2_000; i++) {
            last = channel.write(Unpooled.directBuffer(1_000).writeBytes(NumberedFrames.numbered(i, 1_000)));
        }
        channel.flush();
        channel.close().sync();
        assertThat(last.await().isSuccess()).isFalse();
        subject.close();
    }

    @Test
    void endOfThePeerClosesTheChannelAfterTheLastFrame() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
        subject.peer().send(NumberedFrames.numbered(1, 64));
        subject.peer().send(NumberedFrames.numbered(2, 64));
        TapChannel channel = subject.channel();
        subject.peer().close();
        register(subject);
        channel.closeFuture().sync();
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(1);
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(2);
        subject.close();
    }

    @Test
    void autoReadTogglesUnderLoadLoseNothing() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
        Channel channel = register(subject);
        int frames = 20_000;
        Thread sender = new Thread(
                () -> {
                    for (int i = 0; i < frames; i++) {
                        subject.peer().send(NumberedFrames.numbered(i, 64));
                    }
                },
                "sender");
        sender.start();
        for (int i = 0; i < 10_000; i++) {
            channel.config().setAutoRead(i % 2 != 0);
        }
        channel.config().setAutoRead(true);
        for (int i = 0; i < frames; i++) {
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
        }
        sender.join();
        channel.close().sync();
        subject.close();
    }

    /** Four threads on one channel, and a new channel that gets the same descriptor number at once. */
    @Test
    void closeRacingWithEverythingElseLeavesNothing() throws Exception {
        int rounds = 10_000;
        CyclicBarrier start = new CyclicBarrier(4);
        CyclicBarrier end = new CyclicBarrier(4);
        TapChannel[] current = new TapChannel[1];
        List<Thread> threads = new ArrayList<>();
        List<Runnable> actions = List.of(
                () -> {
                    for (int i = 0; i < 3; i++) {
                        current[0].writeAndFlush(Unpooled.directBuffer(64).writeBytes(NumberedFrames.numbered(i, 64)));
                    }
                },
                () -> {
                    current[0].read();
                    current[0].flush();
                },
                () -> current[0].deregister());
        for (Runnable action : actions) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < rounds; i++) {
                    await(start);
                    action.run();
                    await(end);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (int i = 0; i < rounds; i++) {
            SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
            subject.peer().send(NumberedFrames.numbered(i, 64));
            current[0] = register(subject);
            await(start);
            ChannelFuture closed = current[0].close();
            await(end);
            // A channel that has left its loop can only be closed by way of another.
            if (!current[0].closeFuture().await(10)) {
                while (!current[0].closeFuture().await(100)) {
                    if (!current[0].isRegistered() && current[0].isOpen()) {
                        group.register((Channel) current[0]).awaitUninterruptibly();
                        current[0].close();
                    }
                }
            }
            assertThat(closed.await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("round %d", i)
                    .isTrue();
            subject.close();
            inbox.frames.clear();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        SocketpairSubject healthy = SocketpairSubject.of(loop).blocking().open();
        TapChannel channel = register(healthy);
        channel.writeAndFlush(Unpooled.directBuffer(64).writeBytes(NumberedFrames.numbered(7, 64)))
                .sync();
        channel.close().sync();
        healthy.close();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(300, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
