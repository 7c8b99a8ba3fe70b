/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** What a system call costs that fails in the midst of others: itself, unless it says that the device is gone. */
abstract class FailingCallsContract extends ChannelContract {

    private static final int FRAMES = 6;

    FailingCallsContract(LoopKind loop, Callable<? extends Subject> opening) {
        super(loop, opening);
    }

    /** A channel that has found out whether this kernel can write in batches, which takes it a batch in vain. */
    private Channel registerAndWrite() throws InterruptedException {
        Channel channel = register(inbox);
        channel.writeAndFlush(frame(-1)).sync();
        assertThat(nextSent()).isEqualTo(-1);
        return channel;
    }

    private List<ChannelFuture> write(Channel channel) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    for (int i = 0; i < FRAMES; i++) {
                        writes.add(channel.write(frame(i)));
                    }
                    channel.flush();
                })
                .sync();
        for (ChannelFuture write : writes) {
            assertThat(write.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        return writes;
    }

    @Test
    void aRefusedWriteFailsItsOwnPromise() throws Exception {
        Channel channel = registerAndWrite();
        subject.calls().arm(FailingCalls.Fault.WRITE_REFUSED, 2);
        List<ChannelFuture> writes = write(channel);
        for (int i = 0; i < FRAMES; i++) {
            assertThat(writes.get(i).isSuccess()).as("frame %d", i).isEqualTo(i != 2);
            if (i != 2) {
                assertThat(nextSent()).isEqualTo(i);
            }
        }
        assertThat(writes.get(2).cause()).isInstanceOf(IOException.class);
        assertThat(channel.isActive()).isTrue();
        assertThat(inbox.errors).isEmpty();
    }

    @Test
    void aReadThatFailsIsReportedAndCostsNoFrame() throws Exception {
        for (FailingCalls.Fault fault : List.of(FailingCalls.Fault.READ_WOULD_BLOCK, FailingCalls.Fault.READ_REFUSED)) {
            subject.calls().arm(fault, 2);
            if (fault == FailingCalls.Fault.READ_WOULD_BLOCK) {
                register(inbox);
            }
            for (int i = 0; i < FRAMES; i++) {
                subject.peer().send(NumberedFrames.numbered(i, 64));
            }
            for (int i = 0; i < FRAMES; i++) {
                assertThat(NumberedFrames.numberOf(inbox.next())).isEqualTo(i);
            }
        }
        // It may have come after the last frame.
        for (int i = 0; i < FRAMES; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
            inbox.next();
        }
        assertThat(inbox.errors).singleElement().isInstanceOf(IOException.class);
        assertThat(subject.channel().counters().receiveErrors()).isOne();
        assertThat(subject.channel().isActive()).isTrue();
    }

    @Test
    void aWriteThatFindsTheDeviceGoneFailsThoseAfterItAndCloses() throws Exception {
        Channel channel = registerAndWrite();
        channel.config().setAutoRead(false);
        channel.eventLoop().submit(() -> {}).sync();
        List<ChannelFuture> writes = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    subject.calls().arm(FailingCalls.Fault.GONE, 2);
                    for (int i = 0; i < FRAMES; i++) {
                        writes.add(channel.write(frame(i)));
                    }
                    channel.flush();
                })
                .sync();
        assertThat(channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        channel.eventLoop().submit(() -> {}).sync();
        for (int i = 0; i < FRAMES; i++) {
            assertThat(writes.get(i).await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(writes.get(i).isSuccess()).as("frame %d", i).isEqualTo(i < 2);
        }
        assertThat(inbox.errors).singleElement().isInstanceOf(IOException.class);
        assertThat(inbox.inactive.get()).isOne();
    }
}
