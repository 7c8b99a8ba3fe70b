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
import java.util.Random;
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

    /** Large frames go by system calls where small ones go in batches, in both directions. */
    @Test
    void largeFramesKeepTheirOrderAmongSmallOnes() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
        TapChannel channel = register(subject);
        int frames = 1_000;
        Thread sender = new Thread(
                () -> {
                    for (int i = 0; i < frames; i++) {
                        subject.peer().send(mixed(i));
                    }
                },
                "sender");
        sender.start();
        List<ChannelFuture> writes = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            writes.add(channel.write(Unpooled.directBuffer().writeBytes(mixed(i))));
            if (i % 7 == 0 && writes.get(i / 2).cancel(false)) {
                writes.set(i / 2, null);
            }
            if (i % 30 == 0) {
                channel.flush();
                channel.config().setAutoRead(i % 60 == 0);
            }
        }
        channel.flush();
        channel.config().setAutoRead(true);
        for (int i = 0; i < frames; i++) {
            assertThat(inbox.next()).isEqualTo(mixed(i));
        }
        for (int i = 0; i < frames; i++) {
            if (writes.get(i) != null) {
                assertThat(subject.peer().receive()).isEqualTo(mixed(i));
                writes.get(i).sync();
            }
        }
        sender.join();
        channel.close().sync();
        subject.close();
    }

    /** Never more than the socket takes, so that small frames go in batches where the kind of loop has them. */
    @Test
    void largeFramesAreWrittenInOrderBetweenBatches() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).open();
        TapChannel channel = register(subject);
        Random random = new Random(1);
        int number = 0;
        for (int round = 0; round < 300; round++) {
            List<byte[]> expected = new ArrayList<>();
            List<ChannelFuture> writes = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                byte[] frame =
                        NumberedFrames.numbered(number++, random.nextBoolean() ? 64 : ReceiveSlabs.LARGE_FRAME + i);
                ChannelFuture write = channel.write(Unpooled.directBuffer().writeBytes(frame));
                if (random.nextInt(8) > 0 || !write.cancel(false)) {
                    expected.add(frame);
                    writes.add(write);
                }
                if (random.nextInt(3) == 0) {
                    channel.flush();
                }
            }
            channel.flush();
            for (byte[] frame : expected) {
                assertThat(subject.peer().receive()).isEqualTo(frame);
            }
            for (ChannelFuture write : writes) {
                write.sync();
            }
        }
        channel.close().sync();
        subject.close();
    }

    private static byte[] mixed(int number) {
        boolean large = number / 50 % 2 == 1 || number % 13 == 0;
        return NumberedFrames.numbered(number, large ? ReceiveSlabs.LARGE_FRAME + number : 64);
    }

    @Test
    void aLargeFrameIsABatchOfItsOwn() throws Exception {
        SocketpairSubject subject = SocketpairSubject.of(loop).blocking().open();
        TapChannel channel = register(subject);
        int frames = 100;
        for (int i = 0; i < frames; i++) {
            subject.peer().send(NumberedFrames.numbered(i, ReceiveSlabs.MAX_FRAME - 1));
            if (i == 10) {
                // By then an io_uring channel has seen that the frames are large.
                for (int read = 0; read <= i; read++) {
                    assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(read);
                }
                channel.config().setAutoRead(false);
                channel.eventLoop().submit(() -> {}).sync();
            }
            if (i == 13) {
                channel.config().setAutoRead(true);
            }
        }
        for (int i = 11; i < frames; i++) {
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
        }
        channel.close().sync();
        assertThat(channel.counters().receiveBatches()).isBetween(frames - 10L, (long) frames);
        assertThat(inbox.emptyBatches.get()).isZero();
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
