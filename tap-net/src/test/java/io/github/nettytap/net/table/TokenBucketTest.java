/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.concurrent.atomic.AtomicLong;

class TokenBucketTest {

    private final AtomicLong millis = new AtomicLong(1_000_000);
    private final TokenBucket bucket = new TokenBucket(100, 3, millis.get());

    @Test
    void burstIsAllowedAndNoMore() {
        assertThat(taken(10)).isEqualTo(3);
    }

    @Test
    void tokensComeBackAtTheRate() {
        taken(10);
        millis.addAndGet(9);
        assertThat(taken(10)).isZero();
        millis.addAndGet(1);
        assertThat(taken(10)).isEqualTo(1);
    }

    @Test
    void longPauseGivesNoMoreThanABurst() {
        taken(10);
        millis.addAndGet(3_600_000);
        assertThat(taken(10)).isEqualTo(3);
    }

    @Test
    void askingTakesNothing() {
        assertThat(bucket.isEmpty(millis.get())).isFalse();
        assertThat(taken(10)).isEqualTo(3);
        assertThat(bucket.isEmpty(millis.get())).isTrue();
        assertThat(bucket.isEmpty(millis.addAndGet(10))).isFalse();
    }

    @Test
    void pauseOfYearsOverflowsNothing() {
        TokenBucket fast = new TokenBucket(Integer.MAX_VALUE, 1, 0);
        assertThat(fast.take(0)).isTrue();
        assertThat(fast.take(1L << 40)).isTrue();
    }

    private int taken(int tries) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += bucket.take(millis.get()) ? 1 : 0;
        }
        return taken;
    }
}
