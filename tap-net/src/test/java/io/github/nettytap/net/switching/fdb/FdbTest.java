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
import io.github.nettytap.net.table.KeyedHash;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

    private static final KeyedHash HASH = new KeyedHash(1, 2);

    private final Fdb table = new Fdb(64, MAX_AGE, HASH);

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
        assertThat(table.learn(MacAddress.BROADCAST.value(), 1, 0)).isEqualTo(LearnResult.INVALID);
        assertThat(table.learn(MacAddress.parse("33:33:00:00:00:01").value(), 1, 0))
                .isEqualTo(LearnResult.INVALID);
        assertThat(table.count(0)).isZero();
    }

    @Test
    void zeroAddressIsNeverLearned() {
        assertThat(table.learn(0, 1, 0)).isEqualTo(LearnResult.INVALID);
        assertThat(table.learn(Fdb.key(0, 7), 1, 0)).isEqualTo(LearnResult.INVALID);
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
        assertThat(table.learn(set.get(8), 8, 1_000)).isEqualTo(LearnResult.NO_ROOM);
        assertThat(table.pin(set.get(9), 9, Kind.STATIC, 1_000)).isEqualTo(LearnResult.NO_ROOM);
        for (int i = 0; i < 8; i++) {
            assertThat(table.find(set.get(i), 1_000)).isEqualTo(i);
        }
    }

    /** The attack that the hash is keyed against, by somebody who has guessed the key: eight addresses of one set. */
    @Test
    void addressesOfOneSetFromOnePortReplaceEachOtherAndNobodyElse() {
        List<Long> set = collidingWith(A, 200);
        table.learn(set.get(0), 1, 100);
        table.learn(set.get(1), 2, 100);
        for (int i = 2; i < 200; i++) {
            table.learn(set.get(i), 9, 101 + i);
        }
        assertThat(table.find(set.get(0), 301)).isEqualTo(1);
        assertThat(table.find(set.get(1), 301)).isEqualTo(2);
        assertThat(table.find(set.get(199), 301)).isEqualTo(9);
        assertThat(table.counters().evicted()).isZero();
        assertThat(table.counters().evictedOwn()).isEqualTo(192);
    }

    @Test
    void aPortThatFillsTheTableLeavesRoomForAllAddressesOfOthers() {
        for (int i = 1; i <= 10_000; i++) {
            table.learn(B + i, 9, 0);
        }
        for (int i = 0; i < 16; i++) {
            assertThat(table.learn(A + 0x10000 * (i + 1L), 1, 1)).isEqualTo(LearnResult.NEW);
        }
        for (int i = 1; i <= 10_000; i++) {
            table.learn(B + 0x1000000 + i, 9, 2);
        }
        for (int i = 0; i < 16; i++) {
            assertThat(table.find(A + 0x10000 * (i + 1L), 3)).isEqualTo(1);
        }
    }

    @Test
    void addressesInUseAreReplacedAfterThoseThatNobodyTalksTo() {
        List<Long> set = collidingWith(A, 9);
        for (int i = 0; i < 8; i++) {
            table.learn(set.get(i), i, 100 + i);
        }
        assertThat(table.find(set.get(0), 0, 110)).as("from its own port").isZero();
        assertThat(table.find(set.get(1), 5, 110)).isEqualTo(1);
        table.learn(set.get(8), 8, 160);

        assertThat(table.find(set.get(0), 160)).isEqualTo(Fdb.NONE);
        assertThat(table.find(set.get(1), 160))
                .as("older than the rest, but in use")
                .isEqualTo(1);
    }

    @Test
    void aPortAboveItsSharePinsNothingMore() {
        table.learn(A, 1, 0);
        for (int i = 1; i <= 10_000; i++) {
            table.pin(B + i, 9, Kind.STICKY, 0);
        }
        List<Kind> kinds = new ArrayList<>();
        table.forEach(0, (key, port, kind, age) -> kinds.add(kind));
        assertThat(kinds.stream().filter(kind -> kind == Kind.STICKY)).hasSizeBetween(30, 33);
        for (int i = 0; i < 16; i++) {
            assertThat(table.learn(A + 0x10000 * (i + 1L), 1, 1)).isIn(LearnResult.NEW, LearnResult.NO_ROOM);
        }
        assertThat(table.size(1)).isGreaterThan(10);
    }

    /** A learn that finds a set full looks at 16 places, whoever filled it: nothing to walk, nothing to wait for. */
    @Test
    void countsOfPortsAgreeWithTheTableAfterAnything() {
        Random random = new Random(7);
        for (int i = 0; i < 200_000; i++) {
            long now = i / 50;
            int port = random.nextInt(6);
            switch (random.nextInt(20)) {
                case 0 -> table.pin(A + random.nextInt(100), port, Kind.STICKY, now);
                case 1 -> table.find(A + random.nextInt(100), port, now);
                case 2 -> {
                    if (random.nextInt(100) == 0) {
                        table.clear(port);
                    }
                }
                case 3 -> {
                    if (random.nextInt(500) == 0) {
                        table.removePort(port);
                    }
                }
                default -> table.learn(A + random.nextInt(100), port, now);
            }
        }
        // Nothing is old at the time of the last frame minus infinity.
        int[] counts = new int[6];
        table.forEach(0, (key, port, kind, age) -> counts[port]++);
        for (int port = 0; port < 6; port++) {
            assertThat(table.size(port)).as("port " + port).isEqualTo(counts[port]);
        }
    }

    @Test
    void countsOfPortsAgreeWithTheTableAfterFourThreads() throws Exception {
        Fdb small = new Fdb(32, 3, HASH);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int thread = t;
                runs.add(threads.submit(() -> {
                    Random random = new Random(thread);
                    for (int i = 0; i < 300_000; i++) {
                        small.learn(A + random.nextInt(60), thread, i / 1000);
                        small.find(A + random.nextInt(60), thread, i / 1000);
                        if (i % 10_000 == 0) {
                            small.clear(thread);
                        }
                    }
                }));
            }
            for (Future<?> run : runs) {
                get(run);
            }
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
        int[] counts = new int[4];
        small.forEach(0, (key, port, kind, age) -> counts[port]++);
        for (int port = 0; port < 4; port++) {
            assertThat(small.size(port)).as("port " + port).isEqualTo(counts[port]);
        }
    }

    @Test
    void aTableLargerThanTheHeapIsRefusedWithWhatWouldFit() {
        assertThatThrownBy(() -> Fdb.checkCapacity(Fdb.MAX_CAPACITY, 256 << 20))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("FDB: capacity=16777216 takes 256 MiB of a heap of 256 MiB"
                        + " (expected: at most 8388608, or a larger heap, as by -Xmx)");
    }

    @Test
    void badSizesAreRefused() {
        assertThatThrownBy(() -> new Fdb(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("FDB: capacity=0 (expected: 1 to 16777216)");
        assertThatThrownBy(() -> new Fdb(1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("FDB: maxAge=0 (expected: 1 to 35184372088831)");
    }

    /** Each address has one port of its own, so that any torn reading shows as a wrong port. */
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
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(found.get()).as("entries found and compared").isPositive();
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
            int learned = (int) (random >>> 33) % 40 + 1;
            long now = i / 1000;
            table.learn(A + learned, learned, now);
            int other = (int) (random >>> 45) % 40 + 1;
            int port = table.find(A + other, now);
            if (port != Fdb.NONE) {
                assertThat(port).isEqualTo(other);
                found++;
            }
        }
        return found;
    }

    /** Addresses of one of the 8 sets that 64 places make. */
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
        return (int) HASH.hash(mac) & 7;
    }
}
