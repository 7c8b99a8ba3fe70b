/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** What a loop reports of turns that took long. Only lower limits, as a busy machine makes any turn slow. */
@Timeout(60)
class SlowTurnTest {

    private static final Duration THRESHOLD = Duration.ofMillis(40);

    private record Turn(TapEventLoop loop, long ioNanos, long taskNanos, long frames) {}

    private static TapEventLoopGroup group(LoopKind kind) {
        return TapEventLoopGroup.builder()
                .io(kind == LoopKind.EPOLL ? TapIoType.EPOLL : TapIoType.IO_URING)
                .build();
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    /**
     * Does something slow until a turn that fits is reported: the turn that a listener is set in is not timed, and others
     * may be slow for reasons of the machine.
     */
    private static Turn await(BlockingQueue<Turn> turns, Action slow, Predicate<Turn> condition) throws Exception {
        for (int i = 0; i < 100; i++) {
            slow.run();
            Turn turn = turns.poll(300, TimeUnit.MILLISECONDS);
            while (turn != null) {
                if (condition.test(turn)) {
                    return turn;
                }
                turn = turns.poll();
            }
        }
        throw new AssertionError("no slow turn was reported");
    }

    @ParameterizedTest
    @EnumSource(LoopKind.class)
    void aSlowHandlerIsReportedAsIo(LoopKind kind) throws Exception {
        BlockingQueue<Turn> turns = new LinkedBlockingQueue<>();
        TapEventLoopGroup group = group(kind);
        TapEventLoop loop = group.next();
        try (SocketpairSubject subject = SocketpairSubject.of(kind).open()) {
            subject.channel().pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ReferenceCountUtil.release(message);
                    sleep(THRESHOLD);
                }
            });
            loop.register(subject.channel()).sync();
            loop.setSlowTurnListener(THRESHOLD, (in, io, task, frames) -> turns.add(new Turn(in, io, task, frames)));
            Turn turn =
                    await(turns, () -> subject.peer().send(NumberedFrames.numbered(0, 64)), slow -> slow.frames() > 0);
            assertThat(turn.loop()).isSameAs(loop);
            assertThat(turn.ioNanos()).isGreaterThanOrEqualTo(THRESHOLD.toNanos());
            subject.channel().close().sync();
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @EnumSource(LoopKind.class)
    void aSlowTaskIsReportedUntilTheListenerIsRemoved(LoopKind kind) throws Exception {
        BlockingQueue<Turn> turns = new LinkedBlockingQueue<>();
        SlowTurnListener listener = (in, io, task, frames) -> turns.add(new Turn(in, io, task, frames));
        TapEventLoopGroup group = group(kind);
        TapEventLoop loop = group.next();
        try {
            loop.setSlowTurnListener(THRESHOLD, listener);
            Action slowTask = () -> loop.submit(() -> sleep(THRESHOLD)).sync();
            Turn turn = await(turns, slowTask, slow -> slow.taskNanos() >= THRESHOLD.toNanos());
            assertThat(turn.loop()).isSameAs(loop);
            assertThat(turn.frames()).isZero();

            loop.removeSlowTurnListener((in, io, task, frames) -> {});
            await(turns, slowTask, slow -> slow.taskNanos() >= THRESHOLD.toNanos());

            loop.removeSlowTurnListener(listener);
            loop.submit(() -> {}).sync(); // Behind a report that was under way.
            turns.clear();
            loop.submit(() -> sleep(THRESHOLD)).sync();
            loop.submit(() -> {}).sync();
            loop.submit(() -> {}).sync();
            assertThat(turns).isEmpty();
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    /** Else an idle loop would be the slowest of all. */
    @ParameterizedTest
    @EnumSource(LoopKind.class)
    void sleepIsNoPartOfATurn(LoopKind kind) throws Exception {
        TapEventLoopGroup group = group(kind);
        TapEventLoop loop = group.next();
        try {
            loop.submit(() -> {}).sync();
            List<Turn> turns = new ArrayList<>(); // Of the loop's thread.
            // On the loop, as it may be asleep, since before the start, when this thread goes on.
            long[] before = loop.submit(() -> new long[] {loop.counters().asleepNanos(), System.nanoTime()})
                    .get();
            loop.setSlowTurnListener(
                    Duration.ZERO, (in, io, task, frames) -> turns.add(new Turn(in, io, task, frames)));
            do {
                loop.schedule(() -> {}, 200, TimeUnit.MILLISECONDS).sync();
            } while (loop.submit(turns::isEmpty).get());
            long busy = loop.submit(() -> turns.stream()
                            .mapToLong(turn -> turn.ioNanos() + turn.taskNanos())
                            .sum())
                    .get();
            long asleep = loop.submit(() -> loop.counters().asleepNanos()).get() - before[0];
            long elapsed = System.nanoTime() - before[1];
            assertThat(asleep).isPositive();
            assertThat(busy).isLessThanOrEqualTo(elapsed - asleep);
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void aListenerThatFailsDoesNotEndTheLoop() throws Exception {
        TapEventLoopGroup group = group(LoopKind.EPOLL);
        TapEventLoop loop = group.next();
        try {
            BlockingQueue<Long> called = new LinkedBlockingQueue<>();
            loop.setSlowTurnListener(Duration.ZERO, (in, io, task, frames) -> {
                called.add(task);
                throw new IllegalStateException("on purpose");
            });
            for (int i = 0; i < 2; i++) {
                called.clear();
                do {
                    loop.submit(() -> {}).sync();
                } while (called.poll(100, TimeUnit.MILLISECONDS) == null);
            }
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }
}
