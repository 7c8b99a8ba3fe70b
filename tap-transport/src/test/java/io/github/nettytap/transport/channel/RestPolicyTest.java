/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** A loop of which the test says what each turn brings, and what the time is. */
class RestPolicyTest {

    private final TapLoopCounters counters = new TapLoopCounters();
    private final List<String> woken = new ArrayList<>();
    private long now = Long.MAX_VALUE - 1_000; // System.nanoTime() may be anything, and overflow.
    private final RestPolicy policy = new RestPolicy(counters, () -> now);
    private final RestPolicy.Entry busy = new RestPolicy.Entry(() -> woken.add("busy"));
    private final RestPolicy.Entry drained = new RestPolicy.Entry(() -> woken.add("drained"));

    RestPolicyTest() {
        policy.start();
    }

    private void drainedBesideABusyOne() {
        policy.drained(drained);
        policy.full(busy);
    }

    @Test
    void aDrainedChannelRestsBesideAFullBatch() {
        drainedBesideABusyOne();
        assertThat(policy.rests(drained)).isTrue();
        assertThat(policy.rests(busy)).isFalse();
        assertThat(counters.rests()).isEqualTo(1);
    }

    @Test
    void aRestIsCountedOnceHoweverOftenItIsAskedFor() {
        drainedBesideABusyOne();
        for (int i = 0; i < 5; i++) {
            assertThat(policy.rests(drained)).isTrue();
            policy.turnEnds();
            policy.full(busy);
        }
        assertThat(counters.rests()).isEqualTo(1);
    }

    @Test
    void nothingRestsThatWasNotFoundEmpty() {
        policy.full(busy);
        assertThat(policy.rests(drained)).isFalse();
        drainedBesideABusyOne();
        policy.full(drained);
        policy.full(busy);
        assertThat(policy.rests(drained)).isFalse();
        assertThat(policy.rests(busy)).isFalse();
    }

    @Test
    void aChannelAloneNeverRests() {
        for (int i = 0; i < 100; i++) {
            policy.full(busy);
            assertThat(policy.rests(busy)).isFalse();
            policy.drained(busy);
            assertThat(policy.rests(busy)).isFalse();
            policy.turnEnds();
        }
        assertThat(counters.rests()).isZero();
    }

    @Test
    void channelsThatConverseNeverRest() {
        for (int i = 0; i < 100; i++) {
            policy.drained(busy);
            assertThat(policy.rests(drained)).isFalse();
            policy.turnEnds();
            policy.drained(drained);
            assertThat(policy.rests(busy)).isFalse();
            policy.turnEnds();
        }
        assertThat(counters.rests()).isZero();
    }

    @Test
    void aRestEndsWhenTheBusyChannelIsEmpty() {
        drainedBesideABusyOne();
        assertThat(policy.rests(drained)).isTrue();
        policy.sleep(drained);
        policy.drained(busy);
        assertThat(woken).containsExactly("drained");
        assertThat(policy.rests(drained)).isFalse();
    }

    @Test
    void anotherThatIsEmptyDoesNotEndIt() {
        drainedBesideABusyOne();
        policy.sleep(drained);
        policy.drained(new RestPolicy.Entry(() -> {}));
        assertThat(woken).isEmpty();
        assertThat(policy.rests(drained)).isTrue();
    }

    @Test
    void aRestEndsAfterSoManyFullBatches() {
        drainedBesideABusyOne();
        policy.sleep(drained);
        for (int i = 1; i < RestPolicy.MAX_BATCHES; i++) {
            assertThat(policy.rests(drained)).isTrue();
            assertThat(woken).isEmpty();
            policy.turnEnds();
            policy.full(busy);
        }
        assertThat(policy.rests(drained)).isFalse();
        assertThat(woken).containsExactly("drained");
    }

    @Test
    void fullBatchesOfSeveralCountTogether() {
        RestPolicy.Entry other = new RestPolicy.Entry(() -> {});
        policy.drained(drained);
        for (int i = 0; i < RestPolicy.MAX_BATCHES; i++) {
            policy.full(i % 2 == 0 ? busy : other);
        }
        assertThat(policy.rests(drained)).isFalse();
    }

    @Test
    void aRestEndsAfterSoLong() {
        drainedBesideABusyOne();
        policy.sleep(drained);
        now += RestPolicy.MAX_NANOS - 1;
        assertThat(policy.rests(drained)).isTrue();
        now++;
        assertThat(policy.rests(drained)).isFalse();
        policy.full(busy);
        assertThat(woken).containsExactly("drained");
    }

    @Test
    void aTurnWithoutAFullBatchEndsAllRests() {
        drainedBesideABusyOne();
        policy.sleep(drained);
        policy.turnEnds();
        assertThat(policy.rests(drained)).isTrue();
        assertThat(woken).isEmpty();
        policy.turnEnds();
        assertThat(policy.rests(drained)).isFalse();
        assertThat(woken).containsExactly("drained");
    }

    @Test
    void aLoopWithASleeperDoesNotWaitForEvents() {
        assertThat(policy.hasSleepers()).isFalse();
        drainedBesideABusyOne();
        policy.sleep(drained);
        policy.sleep(drained);
        assertThat(policy.hasSleepers()).isTrue();
        policy.drained(busy);
        assertThat(policy.hasSleepers()).isFalse();
        assertThat(woken).containsExactly("drained");
    }

    @Test
    void aChannelThatHasLeftIsNotWokenAndIsNotWaitedFor() {
        drainedBesideABusyOne();
        policy.sleep(drained);
        policy.forget(drained);
        policy.drained(busy);
        assertThat(woken).isEmpty();
        assertThat(policy.hasSleepers()).isFalse();

        drainedBesideABusyOne();
        policy.forget(busy);
        assertThat(policy.rests(drained)).isFalse();
    }

    @Test
    void manySleepersAreWokenOnceEachAlsoIfOneGoesBackToSleep() {
        List<RestPolicy.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int number = i;
            entries.add(new RestPolicy.Entry(() -> {
                woken.add("" + number);
                policy.sleep(entries.get(number));
            }));
        }
        entries.forEach(policy::drained);
        policy.full(busy);
        entries.forEach(policy::sleep);
        policy.drained(busy);
        assertThat(woken).hasSize(20).doesNotHaveDuplicates();
        assertThat(policy.hasSleepers()).isTrue();
    }

    @Test
    void nothingRestsOnALoopThatHasNoTurns() {
        RestPolicy undriven = new RestPolicy(counters, () -> now);
        undriven.drained(drained);
        undriven.full(busy);
        assertThat(undriven.rests(drained)).isFalse();
    }
}
