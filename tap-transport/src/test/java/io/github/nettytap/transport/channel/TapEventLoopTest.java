/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** When a loop sleeps, and which of its channels it reads. */
@Timeout(300)
class TapEventLoopTest {

    /** More than a batch, and few enough for the buffer of a socket. */
    private static final int FRAMES = 250;

    /**
     * Within the second full batch; on io_uring within the first, after batches of 2, 4, 8, 16 and 32 frames, since a
     * poll completes only behind the batch that is submitted next.
     */
    private static final int IN_THE_MIDST = 70;

    private static final int ANSWER = 1_000;

    /** A loop for which no time passes, so that no rest ends by it. */
    private static final class Group extends MultiThreadIoEventLoopGroup {

        Group(IoHandlerFactory factory) {
            super(1, new ThreadPerTaskExecutor(Thread::new), factory);
        }

        @Override
        protected TapEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... args) {
            return new TapEventLoop(this, executor, factory, new LoopResources(() -> 0));
        }
    }

    /** Collects the numbers of frames, and sends one into another channel in the midst. */
    private static class Order extends ChannelInboundHandlerAdapter {

        private final BlockingQueue<Integer> numbers;
        private final int after;
        private final Peer answerFrom;

        Order(BlockingQueue<Integer> numbers, int after, Peer answerFrom) {
            this.numbers = numbers;
            this.after = after;
            this.answerFrom = answerFrom;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            int number = NumberedFrames.numberOf(NumberedFrames.bytesAndRelease((ByteBuf) message));
            numbers.add(number);
            if (number == after) {
                answerFrom.trySend(NumberedFrames.numbered(ANSWER, 64));
            }
        }
    }

    /** A frame for a drained channel comes while another brings full batches, of which there are more. */
    @ParameterizedTest
    @EnumSource(LoopKind.class)
    void aDrainedChannelIsReadWhenTheBusyOneIsEmpty(LoopKind kind) throws Exception {
        Group group = new Group(kind.handlerFactory());
        TapEventLoop loop = (TapEventLoop) group.next();
        BlockingQueue<Integer> numbers = new LinkedBlockingQueue<>();
        try (SocketpairSubject busy = SocketpairSubject.of(kind).open();
                SocketpairSubject drained = SocketpairSubject.of(kind).open()) {
            busy.channel().pipeline().addLast(new Order(numbers, IN_THE_MIDST, drained.peer()));
            drained.channel().pipeline().addLast(new Order(numbers, Integer.MAX_VALUE, null));
            loop.register(drained.channel()).sync();
            // Once with a frame, so that it has been found empty.
            drained.peer().send(NumberedFrames.numbered(ANSWER - 1, 64));
            assertThat(numbers.poll(30, TimeUnit.SECONDS)).isEqualTo(ANSWER - 1);
            for (int i = 0; i < FRAMES; i++) {
                busy.peer().send(NumberedFrames.numbered(i, 64));
            }
            loop.register(busy.channel()).sync();
            List<Integer> expected =
                    new ArrayList<>(IntStream.range(0, FRAMES).boxed().toList());
            expected.add(ANSWER);
            for (int number : expected) {
                assertThat(numbers.poll(30, TimeUnit.SECONDS)).isEqualTo(number);
            }
            assertThat(loop.counters().rests()).isEqualTo(1);
            busy.channel().close().sync();
            drained.channel().close().sync();
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    /** Nothing else than the policy will have it read, as its poll is used up. */
    @ParameterizedTest
    @EnumSource(LoopKind.class)
    void aRestingChannelIsReadAlsoIfTheBusyOneCloses(LoopKind kind) throws Exception {
        Group group = new Group(kind.handlerFactory());
        TapEventLoop loop = (TapEventLoop) group.next();
        BlockingQueue<Integer> numbers = new LinkedBlockingQueue<>();
        try (SocketpairSubject busy = SocketpairSubject.of(kind).open();
                SocketpairSubject drained = SocketpairSubject.of(kind).open()) {
            busy.channel().pipeline().addLast(new Order(numbers, IN_THE_MIDST, drained.peer()) {
                @Override
                public void channelReadComplete(ChannelHandlerContext ctx) {
                    if (loop.counters().rests() > 0) {
                        ctx.close();
                    }
                }
            });
            drained.channel().pipeline().addLast(new Order(numbers, Integer.MAX_VALUE, null));
            loop.register(drained.channel()).sync();
            drained.peer().send(NumberedFrames.numbered(ANSWER - 1, 64));
            assertThat(numbers.poll(30, TimeUnit.SECONDS)).isEqualTo(ANSWER - 1);
            for (int i = 0; i < FRAMES; i++) {
                busy.peer().send(NumberedFrames.numbered(i, 64));
            }
            loop.register(busy.channel()).sync();
            int number;
            do {
                Integer next = numbers.poll(30, TimeUnit.SECONDS);
                assertThat(next).as("the frame of the drained channel").isNotNull();
                number = next;
            } while (number != ANSWER);
            drained.channel().close().sync();
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    /** Netty's own deadline is a second away if nothing is scheduled, and costs each sleep a timer. */
    @Test
    void aLoopWithoutScheduledTasksSleepsWithoutADeadline() throws Exception {
        BlockingQueue<Long> deadlines = new LinkedBlockingQueue<>();
        Group group = new Group(executor -> new DeadlineHandler(executor, deadlines));
        try {
            IoEventLoop loop = group.next();
            // On the loop, which adds to them all the time.
            List<Long> idle = loop.submit(() -> List.copyOf(deadlines)).get();
            assertThat(idle).isNotEmpty().allMatch(deadline -> deadline == -1);
            loop.schedule(() -> {}, 1, TimeUnit.HOURS);
            loop.submit(deadlines::clear).sync();
            assertThat(deadlines.poll(30, TimeUnit.SECONDS)).isNotNull().isPositive();
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    /** Waits for nothing, and notes how long it might have. */
    private record DeadlineHandler(ThreadAwareExecutor executor, BlockingQueue<Long> deadlines) implements IoHandler {

        @Override
        public int run(IoHandlerContext context) {
            deadlines.add(context.deadlineNanos());
            Thread.onSpinWait();
            return 0;
        }

        @Override
        public void wakeup() {
            // It never sleeps.
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> handleType) {
            return false;
        }
    }
}
