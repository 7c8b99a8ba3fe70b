/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.fdb.Fdb.Kind;
import io.github.nettytap.net.switching.fdb.Fdb.LearnResult;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

class FdbTest {

    private static final long A = MacAddress.parse("02:00:00:00:00:0a").value();
    private static final long B = MacAddress.parse("02:00:00:00:00:0b").value();
    private static final int MAX_AGE = 300;

    private final Fdb table = new Fdb(64, MAX_AGE);

    @Test
    void unknownStationIsNotFound() {
        assertThat(table.find(A, 0)).isEqualTo(Fdb.NONE);
    }

    @Test
    void learnedStationIsFound() {
        assertThat(table.learn(A, 3, 10)).isEqualTo(LearnResult.NEW);
        assertThat(table.find(A, 10)).isEqualTo(3);
        assertThat(table.find(B, 10)).isEqualTo(Fdb.NONE);
    }

    @Test
    void portsFromZeroToTheLargestAreKept() {
        table.learn(A, 0, 0);
        table.learn(B, Fdb.MAX_PORT, 0);
        assertThat(table.find(A, 0)).isZero();
        assertThat(table.find(B, 0)).isEqualTo(Fdb.MAX_PORT);
    }

    @Test
    void movedStationIsFoundAtItsNewPortAtOnce() {
        table.learn(A, 3, 10);
        assertThat(table.learn(A, 4, 10)).isEqualTo(LearnResult.MOVED);
        assertThat(table.find(A, 10)).isEqualTo(4);
        assertThat(table.count(10)).isEqualTo(1);
    }

    @Test
    void knownStationAtItsPortIsNoNews() {
        table.learn(A, 3, 10);
        assertThat(table.learn(A, 3, 10)).isEqualTo(LearnResult.KNOWN);
        assertThat(table.learn(A, 3, 11)).isEqualTo(LearnResult.KNOWN);
    }

    @Test
    void silentStationIsForgottenAfterMaxAge() {
        table.learn(A, 3, 10);
        assertThat(table.find(A, 10 + MAX_AGE)).isEqualTo(3);
        assertThat(table.find(A, 10 + MAX_AGE + 1)).isEqualTo(Fdb.NONE);
    }

    @Test
    void everyFrameKeepsAStationAlive() {
        table.learn(A, 3, 10);
        table.learn(A, 3, 200);
        assertThat(table.find(A, 500)).isEqualTo(3);
    }

    @Test
    void forgottenStationIsLearnedAnew() {
        table.learn(A, 3, 10);
        table.learn(A, 5, 1000);
        assertThat(table.find(A, 1000)).isEqualTo(5);
        assertThat(table.count(1000)).isEqualTo(1);
    }

    @Test
    void groupAddressesAreNeverLearned() {
        assertThat(table.learn(MacAddress.BROADCAST.value(), 1, 0)).isEqualTo(LearnResult.IGNORED);
        assertThat(table.learn(MacAddress.parse("33:33:00:00:00:01").value(), 1, 0))
                .isEqualTo(LearnResult.IGNORED);
        assertThat(table.count(0)).isZero();
    }

    @Test
    void zeroAddressIsNeverLearned() {
        assertThat(table.learn(0, 1, 0)).isEqualTo(LearnResult.IGNORED);
        assertThat(table.learn(Fdb.key(0, 7), 1, 0)).isEqualTo(LearnResult.IGNORED);
        assertThat(table.find(0, 0)).isEqualTo(Fdb.NONE);
    }

    @Test
    void vlansKeepTheSameAddressApart() {
        table.learn(Fdb.key(A, 1), 3, 0);
        table.learn(Fdb.key(A, 4094), 4, 0);
        assertThat(table.find(Fdb.key(A, 1), 0)).isEqualTo(3);
        assertThat(table.find(Fdb.key(A, 4094), 0)).isEqualTo(4);
        assertThat(table.find(Fdb.key(A, 2), 0)).isEqualTo(Fdb.NONE);
    }

    @Test
    void keyGivesBackAddressAndVlan() {
        long key = Fdb.key(A, 4094);
        assertThat(Fdb.mac(key)).isEqualTo(A);
        assertThat(Fdb.vlan(key)).isEqualTo(4094);
    }

    @Test
    void fullSetReplacesItsOldestStation() {
        List<Long> set = collidingWith(A, 9);
        for (int i = 0; i < 8; i++) {
            table.learn(set.get(i), i, 100 + i);
        }
        table.learn(set.get(0), 0, 150);
        table.learn(set.get(8), 8, 160);

        assertThat(table.find(set.get(1), 160)).as("the oldest").isEqualTo(Fdb.NONE);
        for (int i : new int[] {0, 2, 3, 4, 5, 6, 7, 8}) {
            assertThat(table.find(set.get(i), 160)).isEqualTo(i);
        }
    }

    @Test
    void tableNeverHoldsMoreThanItsCapacity() {
        for (int i = 1; i <= 10_000; i++) {
            table.learn(A + i, i & 7, i / 100);
        }
        assertThat(table.capacity()).isEqualTo(64);
        assertThat(table.count(100)).isEqualTo(64);
    }

    @Test
    void capacityIsRoundedUpToAPowerOfTwo() {
        assertThat(new Fdb(1, 1).capacity()).isEqualTo(16);
        assertThat(new Fdb(16, 1).capacity()).isEqualTo(16);
        assertThat(new Fdb(17, 1).capacity()).isEqualTo(32);
        assertThat(new Fdb(8192, 1).capacity()).isEqualTo(8192);
    }

    @Test
    void consecutiveAddressesSpreadOverTheSets() {
        Fdb large = new Fdb(8192, MAX_AGE);
        IntStream.range(0, 4096).forEach(i -> large.learn(A + i, 1, 0));
        assertThat(large.count(0)).isGreaterThan(4000);
    }

    @Test
    void removedPortIsForgottenAndTheOthersStay() {
        table.learn(A, 3, 0);
        table.learn(B, 4, 0);
        table.removePort(3);
        assertThat(table.find(A, 0)).isEqualTo(Fdb.NONE);
        assertThat(table.find(B, 0)).isEqualTo(4);
    }

    @Test
    void clearedTableIsEmpty() {
        table.learn(A, 3, 0);
        table.learn(B, 0, 0);
        table.clear();
        assertThat(table.count(0)).isZero();
    }

    @Test
    void visitorSeesEachStationWithPortAndAge() {
        table.learn(Fdb.key(A, 5), 3, 10);
        table.learn(B, 4, 12);
        Map<String, String> seen = new TreeMap<>();
        table.forEach(
                20,
                (key, port, kind, age) ->
                        seen.put(MacAddress.of(Fdb.mac(key)) + "/" + Fdb.vlan(key), "port " + port + ", age " + age));
        assertThat(seen)
                .containsExactly(
                        Map.entry("02:00:00:00:00:0a/5", "port 3, age 10"),
                        Map.entry("02:00:00:00:00:0b/0", "port 4, age 8"));
    }

    @Test
    void staticStationNeitherAgesNorMoves() {
        assertThat(table.pin(A, 3, Kind.STATIC, 10)).isEqualTo(LearnResult.NEW);
        assertThat(table.learn(A, 4, 20)).isEqualTo(LearnResult.HELD);
        assertThat(table.learn(A, 3, 20)).isEqualTo(LearnResult.KNOWN);
        assertThat(table.find(A, 10_000)).isEqualTo(3);
    }

    @Test
    void stickyStationTakesOverALearnedOneAndStays() {
        table.learn(A, 4, 10);
        assertThat(table.pin(A, 3, Kind.STICKY, 11)).isEqualTo(LearnResult.MOVED);
        assertThat(table.pin(A, 4, Kind.STICKY, 12)).isEqualTo(LearnResult.HELD);
        assertThat(table.learn(A, 4, 12)).isEqualTo(LearnResult.HELD);
        assertThat(table.find(A, 10_000)).isEqualTo(3);
    }

    @Test
    void stickyStationCanBeMadeStaticAtItsPortButNotTheOtherWayRound() {
        table.pin(A, 3, Kind.STICKY, 10);
        table.pin(A, 3, Kind.STATIC, 11);
        table.pin(A, 3, Kind.STICKY, 12);
        table.clear();
        assertThat(table.find(A, 12)).isEqualTo(3);
    }

    @Test
    void clearingForgetsStickyStationsAndKeepsStaticOnes() {
        table.pin(A, 3, Kind.STICKY, 10);
        table.pin(B, 4, Kind.STATIC, 10);
        table.clear();
        assertThat(table.find(A, 10)).isEqualTo(Fdb.NONE);
        assertThat(table.find(B, 10)).isEqualTo(4);
    }

    @Test
    void removedPortTakesItsStaticStationsAlong() {
        table.pin(A, 3, Kind.STATIC, 10);
        table.removePort(3);
        assertThat(table.find(A, 10)).isEqualTo(Fdb.NONE);
    }

    @Test
    void pinnedStationIsNeverReplaced() {
        List<Long> set = collidingWith(A, 10);
        for (int i = 0; i < 8; i++) {
            table.pin(set.get(i), i, Kind.STATIC, 0);
        }
        assertThat(table.learn(set.get(8), 8, 1_000)).isEqualTo(LearnResult.IGNORED);
        assertThat(table.pin(set.get(9), 9, Kind.STATIC, 1_000)).isEqualTo(LearnResult.IGNORED);
        for (int i = 0; i < 8; i++) {
            assertThat(table.find(set.get(i), 1_000)).isEqualTo(i);
        }
    }

    @Test
    void badSizesAreRefused() {
        assertThatThrownBy(() -> new Fdb(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("MAC table: capacity=0 (expected: 1 to 268435456)");
        assertThatThrownBy(() -> new Fdb(1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("MAC table: maxAge=0 (expected: 1 to 70368744177663)");
    }

    /** Each station has one port of its own, so that any torn reading shows as a wrong port. */
    @Test
    void stationIsNeverFoundAtThePortOfAnother() throws Exception {
        Fdb small = new Fdb(16, MAX_AGE);
        AtomicLong found = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                runs.add(threads.submit(() -> found.addAndGet(learnAndFind(small, seed))));
            }
            for (Future<?> run : runs) {
                get(run);
            }
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(found.get()).as("stations found and compared").isPositive();
    }

    private static void get(Future<?> run) throws Exception {
        try {
            run.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static long learnAndFind(Fdb table, int seed) {
        long random = seed * 77L + 1;
        long found = 0;
        for (int i = 0; i < 500_000; i++) {
            random = random * 6364136223846793005L + 1442695040888963407L;
            int station = (int) (random >>> 33) % 40 + 1;
            long now = i / 1000;
            table.learn(A + station, station, now);
            int other = (int) (random >>> 45) % 40 + 1;
            int port = table.find(A + other, now);
            if (port != Fdb.NONE) {
                assertThat(port).isEqualTo(other);
                found++;
            }
        }
        return found;
    }

    /** Addresses of one of the 8 sets that 64 places make: the three high bits of the product select it. */
    private static List<Long> collidingWith(long first, int count) {
        List<Long> result = new ArrayList<>();
        for (long mac = first; result.size() < count; mac++) {
            if (setOf(mac) == setOf(first)) {
                result.add(mac);
            }
        }
        return result;
    }

    private static int setOf(long mac) {
        return (int) (mac * 0x9e37_79b9_7f4a_7c15L >>> 61);
    }
}
