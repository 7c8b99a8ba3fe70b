/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.util.IllegalReferenceCountException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How every TAP channel sends, and what it tells those who write. */
abstract class WritingContract extends ChannelContract {

    WritingContract(LoopKind loop, Callable<? extends Subject> opening) {
        super(loop, opening);
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
        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
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
    void cancelledWritesAmongOthersShiftNothing() throws Exception {
        Channel channel = register(inbox);
        List<ChannelPromise> promises = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    for (int i = 0; i < 100; i++) {
                        ChannelPromise promise = channel.newPromise();
                        channel.write(frame(i), promise);
                        promises.add(promise);
                    }
                    for (int i = 0; i < 100; i += 3) {
                        assertThat(promises.get(i).cancel(false)).isTrue();
                    }
                    channel.flush();
                })
                .sync();
        for (int i = 0; i < 100; i++) {
            if (i % 3 != 0) {
                assertThat(promises.get(i).await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .isTrue();
                assertThat(promises.get(i).isSuccess()).isTrue();
                assertThat(nextSent()).isEqualTo(i);
            }
        }
        assertThat(subject.channel().counters().framesSent()).isEqualTo(66);
        channel.writeAndFlush(frame(1_000)).sync();
        assertThat(nextSent()).as("nothing left twice").isEqualTo(1_000);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReleasedBufferFailsItsOwnPromise(boolean heap) throws Exception {
        Channel channel = register(inbox);
        ByteBuf released = heap ? Unpooled.buffer(64).writeZero(64) : frame(2);
        List<ChannelFuture> writes = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    writes.add(channel.write(frame(1)));
                    released.release();
                    writes.add(channel.write(released));
                    writes.add(channel.write(frame(3)));
                    channel.flush();
                })
                .sync();
        assertThat(nextSent()).isEqualTo(1);
        assertThat(nextSent()).isEqualTo(3);
        assertThat(writes.get(0).sync().isSuccess()).isTrue();
        assertThat(writes.get(1).await().cause()).isInstanceOf(IllegalReferenceCountException.class);
        assertThat(writes.get(2).sync().isSuccess()).isTrue();
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void aBufferThatIsReleasedWhileItWaitsFailsItsOwnPromise() throws Exception {
        Channel channel = register(inbox);
        ByteBuf part = Unpooled.directBuffer(64).writeZero(64);
        CompositeByteBuf composite =
                Unpooled.compositeBuffer().addComponent(true, frame(2)).addComponent(true, part);
        List<ChannelFuture> writes = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    writes.add(channel.write(frame(1)));
                    writes.add(channel.write(composite));
                    writes.add(channel.write(frame(3)));
                    composite.release();
                    channel.flush();
                })
                .sync();
        assertThat(nextSent()).isEqualTo(1);
        assertThat(nextSent()).isEqualTo(3);
        assertThat(writes.get(1).await().cause()).isInstanceOf(IllegalReferenceCountException.class);
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void anEmptyBufferSendsNothingAndSucceedsAfterWhatIsBeforeIt() throws Exception {
        Channel channel = register(inbox);
        List<ChannelFuture> writes = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    writes.add(channel.write(Unpooled.EMPTY_BUFFER));
                    writes.add(channel.write(frame(1)));
                    writes.add(channel.write(Unpooled.EMPTY_BUFFER));
                    writes.add(channel.write(frame(2)));
                    writes.add(channel.writeAndFlush(Unpooled.EMPTY_BUFFER));
                })
                .sync();
        for (ChannelFuture write : writes) {
            write.sync();
        }
        assertThat(nextSent()).isEqualTo(1);
        assertThat(nextSent()).isEqualTo(2);
        assertThat(subject.channel().counters().framesSent()).isEqualTo(2);
    }

    @Test
    void moreFramesThanABatchHoldsAllLeave() throws Exception {
        Channel channel = register(inbox);
        channel.config().setOption(ChannelOption.MAX_MESSAGES_PER_WRITE, 1_000);
        channel.eventLoop()
                .submit(() -> {
                    for (int i = 0; i < 150; i++) {
                        ChannelPromise cancelled = channel.newPromise();
                        channel.write(frame(-1), cancelled);
                        cancelled.cancel(false);
                    }
                    channel.write(frame(1));
                    channel.flush();
                })
                .sync();
        assertThat(nextSent()).isEqualTo(1);
    }
}
