/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

class CaptureRingTest {

    private static int lengthOf(int producer, int number) {
        return (number * 31 + producer * 7) % 300;
    }

    @Test
    void recordsOfSeveralThreadsArriveWholeAndInTheOrderOfEach() throws Exception {
        int producers = 3;
        int records = 50_000;
        CaptureRing ring = new CaptureRing(4096);
        AtomicInteger running = new AtomicInteger(producers);
        List<Thread> threads = new ArrayList<>();
        for (int p = 0; p < producers; p++) {
            int producer = p;
            Thread thread = new Thread(() -> {
                ByteBuf view = ring.newView();
                for (int i = 0; i < records; i++) {
                    int length = lengthOf(producer, i);
                    int record = ring.claim(length);
                    while (record < 0) {
                        Thread.yield();
                        record = ring.claim(length);
                    }
                    if (i % 10 == 9) {
                        ring.discard(record, length);
                        continue;
                    }
                    view.setInt(record + CaptureRing.KEPT, length);
                    view.setInt(record + CaptureRing.INTERFACE, producer);
                    view.setLong(record + CaptureRing.TIMESTAMP, i);
                    for (int b = 0; b < length; b++) {
                        view.setByte(record + CaptureRing.HEADER + b, i + b);
                    }
                    ring.publish(record, length);
                }
                running.decrementAndGet();
            });
            threads.add(thread);
            thread.start();
        }
        int[] next = new int[producers];
        int[] wrong = new int[1];
        CaptureRing.Consumer consumer = (view, record) -> {
            int producer = view.getInt(record + CaptureRing.INTERFACE);
            int number = (int) view.getLong(record + CaptureRing.TIMESTAMP);
            int length = view.getInt(record + CaptureRing.KEPT);
            boolean right = number == next[producer] && length == lengthOf(producer, number);
            for (int b = 0; b < length; b++) {
                right &= view.getByte(record + CaptureRing.HEADER + b) == (byte) (number + b);
            }
            wrong[0] += right ? 0 : 1;
            next[producer] = number % 10 == 8 ? number + 2 : number + 1;
            return true;
        };
        ByteBuf view = ring.newView();
        int taken = 0;
        while (running.get() > 0 || ring.used() > 0) {
            taken += ring.drain(view, consumer, 100);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong[0]).isZero();
        assertThat(taken).isEqualTo(producers * records * 9 / 10);
    }

    @Test
    void aFullRingRefusesAndTakesAgainWhenDrained() throws Exception {
        CaptureRing ring = new CaptureRing(256);
        ByteBuf view = ring.newView();
        int length = CaptureRing.maxFrameLength(256);

        int first = ring.claim(length);
        int second = ring.claim(length);
        assertThat(ring.claim(0)).isEqualTo(-1);
        ring.publish(first, length);
        ring.publish(second, length);
        assertThat(ring.drain(view, (v, r) -> true, 10)).isEqualTo(2);
        assertThat(ring.used()).isZero();
        assertThat(ring.claim(length)).isNotNegative();
    }

    @Test
    void theLongestFrameFitsAnEmptyRingWhereverItsTailStands() throws Exception {
        for (int offset = 0; offset < 256; offset += 8) {
            CaptureRing ring = new CaptureRing(256);
            ByteBuf view = ring.newView();
            for (int i = 0; i < offset; i += 48) {
                ring.publish(ring.claim(8), 8);
                ring.drain(view, (v, r) -> true, 1);
            }
            assertThat(ring.claim(CaptureRing.maxFrameLength(256))).isNotNegative();
        }
    }

    @Test
    void aRecordNotYetPublishedHoldsBackThoseBehindIt() throws Exception {
        CaptureRing ring = new CaptureRing(1024);
        ByteBuf view = ring.newView();
        int first = ring.claim(10);
        int second = ring.claim(10);
        ring.publish(second, 10);

        assertThat(ring.drain(view, (v, r) -> true, 10)).isZero();
        ring.publish(first, 10);
        assertThat(ring.drain(view, (v, r) -> true, 10)).isEqualTo(2);
    }

    @Test
    void aConsumerThatFailsHasTakenItsRecord() throws Exception {
        CaptureRing ring = new CaptureRing(1024);
        ByteBuf view = ring.newView();
        ring.publish(ring.claim(10), 10);

        assertThatThrownBy(() -> ring.drain(
                        view,
                        (v, r) -> {
                            throw new IllegalStateException("disk");
                        },
                        10))
                .hasMessage("disk");
        assertThat(ring.used()).isZero();
    }
}
