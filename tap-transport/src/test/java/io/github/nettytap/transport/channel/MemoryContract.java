/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FixedRecvByteBufAllocator;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** What a want of memory costs: a frame or a pause, never the channel or its loop. */
abstract class MemoryContract extends ChannelContract {

    private static final int FRAMES = 40;

    private final FailingAllocator allocator = new FailingAllocator();

    MemoryContract(LoopKind loop, Callable<? extends Subject> opening) {
        super(loop, opening);
    }

    private Channel register() throws InterruptedException {
        subject.channel().config().setAllocator(allocator);
        return register(inbox);
    }

    /** Frames in both directions, of which some are lost; the later ones are not. */
    private void exchange(Channel channel, int from) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        for (int i = from; i < from + FRAMES; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
            // A heap buffer is copied, by an allocation of its own.
            writes.add(channel.writeAndFlush(Unpooled.wrappedBuffer(NumberedFrames.numbered(i, 64))));
            while (subject.peer().tryReceive() != null) {
                continue; // So that a socket takes them all.
            }
        }
        for (ChannelFuture write : writes) {
            assertThat(write.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            if (!write.isSuccess()) {
                assertThat(write.cause()).isInstanceOf(OutOfMemoryError.class);
            }
        }
    }

    private void expectReceived(int from) throws InterruptedException {
        for (int i = from; i < from + FRAMES; i++) {
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
        }
    }

    @Test
    void oneAllocationThatFailsCostsOneFrameAtMost() throws Exception {
        Channel channel = register();
        exchange(channel, 0);
        expectReceived(0);
        int usual = Math.max(10, allocator.allocations());
        for (int n = 1; n <= usual + 1; n++) {
            int failed = allocator.failures();
            allocator.failAfter(n);
            exchange(channel, n * FRAMES);
            allocator.neverFail();
            subject.peer().send(NumberedFrames.numbered(-1, 64));
            int received = 0;
            while (NumberedFrames.numberOf(inbox.next()) != -1) {
                received++;
            }
            assertThat(received).isGreaterThanOrEqualTo(FRAMES - (allocator.failures() - failed));
            assertThat(channel.isActive()).isTrue();
        }
        assertThat(inbox.errors).allMatch(OutOfMemoryError.class::isInstance);
        channel.close().sync();
        assertThat(allocator.outstandingBytes()).isZero();
    }

    /** There is not even memory for the first frame, for a while. */
    @Test
    void readingGoesOnWhenThereIsMemoryAgain() throws Exception {
        allocator.limit(0);
        Channel channel = register();
        subject.peer().send(NumberedFrames.numbered(1, 64));
        while (inbox.errors.size() < 3) {
            Thread.sleep(1);
        }
        assertThat(inbox.frames).isEmpty();
        allocator.limit(Long.MAX_VALUE);
        assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(1);
        assertThat(channel.isActive()).isTrue();
    }

    /** A receive allocator is code of the user's, called in the middle of a batch. */
    @Test
    void aReceiveAllocatorThatThrowsLosesTheFrameAndNotTheLoop() throws Exception {
        AtomicInteger throwing = new AtomicInteger(4);
        subject.channel().config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(2_048) {
            @Override
            @SuppressWarnings("deprecation")
            public Handle newHandle() {
                return new MaxMessageHandle() {
                    @Override
                    public int guess() {
                        return 2_048;
                    }

                    @Override
                    public void lastBytesRead(int bytes) {
                        if (throwing.getAndDecrement() > 0) {
                            throw new StackOverflowError("for the test");
                        }
                        super.lastBytesRead(bytes);
                    }
                };
            }
        });
        Channel channel = register();
        for (int i = 0; i < 10; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        for (int i = 4; i < 10; i++) {
            assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
        }
        assertThat(inbox.errors).hasSizeBetween(1, 4).allMatch(StackOverflowError.class::isInstance);
        channel.close().sync();
        assertThat(allocator.outstandingBytes()).isZero();
    }

    /** Memory for a few receive buffers only, most of which the application keeps. */
    @Test
    void keptFramesThatExhaustTheMemoryDelayOthersUntilTheyAreReleased() throws Exception {
        allocator.limit(2L * ReceiveSlabs.SLAB_SIZE);
        // Of the loop's thread.
        List<ByteBuf> kept = new ArrayList<>();
        AtomicBoolean keeping = new AtomicBoolean(true);
        CountDownLatch last = new CountDownLatch(1);
        subject.channel().config().setAllocator(allocator);
        Channel channel = register(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ByteBuf frame = (ByteBuf) message;
                if (keeping.get()) {
                    kept.add(frame);
                    return;
                }
                // Released at once: there may be no more than one receive buffer, which a frame would pin.
                if (NumberedFrames.numberOf(NumberedFrames.bytesAndRelease(frame)) == -1) {
                    last.countDown();
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                inbox.errors.add(cause);
            }
        });
        int sent = 0;
        while (inbox.errors.isEmpty() && sent < 10_000) {
            subject.peer().trySend(NumberedFrames.numbered(sent++, 1_400));
            channel.eventLoop().submit(() -> {}).sync();
        }
        assertThat(inbox.errors).isNotEmpty().allMatch(OutOfMemoryError.class::isInstance);
        channel.eventLoop()
                .submit(() -> {
                    keeping.set(false);
                    kept.forEach(ByteBuf::release);
                })
                .sync();
        // Sent more than once: a batch that was under way when the memory came back may still cost its frames.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        do {
            assertThat(System.nanoTime()).isLessThan(deadline);
            subject.peer().trySend(NumberedFrames.numbered(-1, 64));
        } while (!last.await(1, TimeUnit.MILLISECONDS));
        channel.close().sync();
        assertThat(allocator.outstandingBytes()).isZero();
    }
}
