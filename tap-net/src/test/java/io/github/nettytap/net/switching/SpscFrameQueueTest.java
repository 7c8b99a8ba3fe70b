/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpscFrameQueueTest {

    private static final int CAPACITY = 4;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final SwitchLoop loop = new SwitchLoop(0, channel.eventLoop(), () -> 0);
    private final SwitchPort port =
            new SwitchPort(0, channel, loop, VnetHeader.NONE, TapOffload.NONE, PortPolicy.DEFAULT);
    private final SpscFrameQueue queue = new SpscFrameQueue(loop, CAPACITY);

    @AfterEach
    void close() {
        queue.releaseAll();
        channel.finishAndReleaseAll();
    }

    @Test
    void framesAreSeenOnlyOncePublished() {
        queue.offer(frame(1), port);
        channel.runPendingTasks();
        assertThat(channel.outboundMessages()).isEmpty();
        queue.publish();
        channel.runPendingTasks();
        assertThat(next()).isEqualTo(1);
    }

    @Test
    void framesKeepTheirOrderOverManyRounds() {
        for (int i = 0; i < 100; i += 2) {
            queue.offer(frame(i), port);
            queue.offer(frame(i + 1), port);
            queue.publish();
            channel.runPendingTasks();
            assertThat(next()).isEqualTo(i);
            assertThat(next()).isEqualTo(i + 1);
        }
    }

    @Test
    void fullRingRefusesAndTakesAgainAfterItWasEmptied() {
        for (int i = 0; i < CAPACITY; i++) {
            assertThat(queue.offer(frame(i), port)).isTrue();
        }
        ByteBuf refused = frame(9);
        assertThat(queue.offer(refused, port)).isFalse();
        assertThat(refused.release()).as("still the caller's").isTrue();
        queue.publish();
        channel.runPendingTasks();
        ByteBuf taken = frame(10);
        assertThat(queue.offer(taken, port)).isTrue();
        for (int i = 0; i < CAPACITY; i++) {
            assertThat(next()).isEqualTo(i);
        }
    }

    @Test
    void framesThatNobodyTookAreReleased() {
        ByteBuf frame = frame(1);
        queue.offer(frame, port);
        queue.releaseAll();
        assertThat(frame.refCnt()).isZero();
    }

    private static ByteBuf frame(int number) {
        return Unpooled.directBuffer(4).writeInt(number);
    }

    private int next() {
        ByteBuf frame = channel.readOutbound();
        try {
            return frame.getInt(0);
        } finally {
            frame.release();
        }
    }
}
