/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.net.switching.policy.PortPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpscFrameQueueTest {

    private static final int CAPACITY = 4;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final SwitchLoop loop = new SwitchLoop(0, channel.eventLoop(), () -> 0);
    private final SwitchPort port = new SwitchPort(0, channel, loop, 0, 0, PortPolicy.DEFAULT);
    private final SpscFrameQueue handover = new SpscFrameQueue(loop, CAPACITY);

    @AfterEach
    void close() {
        handover.releaseAll();
        channel.finishAndReleaseAll();
    }

    @Test
    void framesAreSeenOnlyOncePublished() {
        handover.offer(frame(1), port);
        channel.runPendingTasks();
        assertThat(channel.outboundMessages()).isEmpty();
        handover.publish();
        channel.runPendingTasks();
        assertThat(next()).isEqualTo(1);
    }

    @Test
    void framesKeepTheirOrderOverManyRounds() {
        for (int i = 0; i < 100; i += 2) {
            handover.offer(frame(i), port);
            handover.offer(frame(i + 1), port);
            handover.publish();
            channel.runPendingTasks();
            assertThat(next()).isEqualTo(i);
            assertThat(next()).isEqualTo(i + 1);
        }
    }

    @Test
    void fullRingRefusesAndTakesAgainAfterItWasEmptied() {
        for (int i = 0; i < CAPACITY; i++) {
            assertThat(handover.offer(frame(i), port)).isTrue();
        }
        ByteBuf refused = frame(9);
        assertThat(handover.offer(refused, port)).isFalse();
        assertThat(refused.release()).as("still the caller's").isTrue();
        handover.publish();
        channel.runPendingTasks();
        ByteBuf taken = frame(10);
        assertThat(handover.offer(taken, port)).isTrue();
        for (int i = 0; i < CAPACITY; i++) {
            assertThat(next()).isEqualTo(i);
        }
    }

    @Test
    void framesThatNobodyTookAreReleased() {
        ByteBuf frame = frame(1);
        handover.offer(frame, port);
        handover.releaseAll();
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
