/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

class FairTableTest {

    private static final long ATTACKER = 1;
    private static final long HONEST = 2;

    private final List<Item> evicted = new ArrayList<>();
    private final List<Item> expired = new ArrayList<>();

    @Test
    void findsWhatWasAdded() {
        FairTable<Item> table = table(100, 100).build();
        Item item = new Item(1, 2, 3);
        assertThat(table.add(item, HONEST, 0)).isTrue();
        assertThat(table.find(1, 2, 3)).isSameAs(item);
        assertThat(table.find(0, 2, 3)).isNull();
        assertThat(table.find(1, 0, 3)).isNull();
        assertThat(table.find(1, 2, 0)).isNull();
        table.remove(item);
        assertThat(table.find(1, 2, 3)).isNull();
        assertThat(table.size()).isZero();
        assertThat(table.size(HONEST)).isZero();
    }

    @Test
    void ownerAtItsBudgetReplacesItsOwnOldestUnconfirmed() {
        FairTable<Item> table = table(100, 3).build();
        Item honest = add(table, 0, HONEST);
        Item confirmed = add(table, 1, ATTACKER);
        table.confirm(confirmed);
        Item oldest = add(table, 2, ATTACKER);
        add(table, 3, ATTACKER);
        add(table, 4, ATTACKER);
        assertThat(evicted).containsExactly(oldest);
        for (int i = 5; i < 1_000; i++) {
            add(table, i, ATTACKER);
        }
        assertThat(table.size(ATTACKER)).isEqualTo(3);
        assertThat(honest.isInTable()).isTrue();
        assertThat(confirmed.isInTable()).isTrue();
        assertThat(table.count(TableCounter.EVICTED_OWN)).isEqualTo(996);
        assertThat(table.count(TableCounter.EVICTED)).isZero();
    }

    @Test
    void ownerWithConfirmedEntriesOnlyReplacesTheLeastUsed() {
        FairTable<Item> table = table(100, 3).build();
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            items.add(add(table, i, HONEST));
            table.confirm(items.get(i));
        }
        table.refresh(items.get(0), 10, 1_000);
        add(table, 3, HONEST);
        assertThat(evicted).containsExactly(items.get(1));
    }

    @Test
    void fullTableTakesTheOldestUnconfirmedOfAllFromOneWithinItsShare() {
        FairTable<Item> table = table(64, 60).build();
        for (int i = 0; i < 60; i++) {
            add(table, i, ATTACKER);
        }
        for (int i = 60; i < 70; i++) {
            add(table, i, HONEST);
        }
        assertThat(table.size(HONEST)).isEqualTo(10);
        assertThat(evicted).extracting(Item::low).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        // The attacker is above its share and pays for itself.
        for (int i = 70; i < 1_000; i++) {
            add(table, i, ATTACKER);
        }
        assertThat(table.size(HONEST)).isEqualTo(10);
    }

    @Test
    void manyOwnersOfUnconfirmedEntriesDoNotEvictTheConfirmed() {
        FairTable<Item> table = table(1_000, 100).build();
        List<Item> confirmed = new ArrayList<>();
        for (int i = 0; i < 90; i++) {
            confirmed.add(add(table, i, HONEST));
            table.confirm(confirmed.get(i));
        }
        for (int i = 0; i < 100_000; i++) {
            add(table, 1_000 + i, 1_000 + i);
        }
        assertThat(confirmed).allMatch(Item::isInTable);
        Item fresh = add(table, 100, HONEST);
        for (int i = 0; i < 900; i++) {
            add(table, 200_000 + i, 200_000 + i);
        }
        assertThat(fresh.isInTable())
                .as("as long as the room without the confirmed is gone through")
                .isTrue();
        assertThat(table.size()).isEqualTo(1_000);
    }

    @Test
    void fullTableOfConfirmedEntriesTakesFromTheLargestOwner() {
        FairTable<Item> table = table(100, 100).build();
        for (int i = 0; i < 100; i++) {
            table.confirm(add(table, i, i < 80 ? ATTACKER : 10 + i));
        }
        for (int i = 100; i < 110; i++) {
            table.confirm(add(table, i, HONEST));
        }
        assertThat(table.size(ATTACKER)).isEqualTo(70);
        assertThat(table.size(HONEST)).isEqualTo(10);
    }

    @Test
    void pinnedEntriesStayAndAFullTableOfThemRefuses() {
        FairTable<Item> table = table(20, 20).build();
        for (int i = 0; i < 20; i++) {
            Item item = add(table, i, HONEST);
            table.refresh(item, 0, 100);
            table.pin(item);
        }
        table.tick(1_000_000);
        assertThat(table.size()).isEqualTo(20);
        assertThat(table.add(new Item(0, 0, 20), ATTACKER, 0)).isFalse();
        assertThat(table.add(new Item(0, 0, 20), HONEST, 0)).isFalse();
        assertThat(table.count(TableCounter.REFUSED)).isEqualTo(2);
    }

    @Test
    void entriesExpireAndThoseInUseDoNot() {
        FairTable<Item> table = table(100, 100).build();
        Item idle = add(table, 0, HONEST);
        Item busy = add(table, 1, HONEST);
        table.refresh(idle, 0, 10_000);
        for (int now = 0; now <= 600_000; now += 1_000) {
            table.refresh(busy, now, now + 10_000);
            table.tick(now);
            assertThat(idle.isInTable()).as("at %d ms", now).isEqualTo(now < 11_000);
        }
        assertThat(expired).containsExactly(idle);
        assertThat(table.find(0, 0, 1)).isSameAs(busy);
        // Sooner than was said before: after a RST, say.
        table.refresh(busy, 600_000, 602_000);
        table.tick(603_000);
        assertThat(busy.isInTable()).isFalse();
    }

    @Test
    void timerMayKeepRemoveAndAddEntries() {
        List<FairTable<Item>> tables = new ArrayList<>();
        FairTable<Item> table = FairTable.<Item>builder()
                .timer((item, now) -> {
                    FairTable<Item> self = tables.get(0);
                    Item other = self.find(0, 0, item.low() + 1);
                    if (other != null) {
                        self.remove(other);
                    }
                    if (item.low() < 1_000) {
                        self.add(new Item(0, 0, 1_000 + item.low()), HONEST, now);
                    }
                    return item.runs++ < 2 ? now + 1_000 : FairTable.REMOVE;
                })
                .build();
        tables.add(table);
        for (int i = 0; i < 10; i++) {
            table.refresh(add(table, i * 2, HONEST), 0, 500);
            table.refresh(add(table, i * 2 + 1, HONEST), 0, 500);
        }
        for (int now = 0; now < 10_000; now += 500) {
            table.tick(now);
        }
        table.forEach(item -> assertThat(item.low()).isGreaterThanOrEqualTo(1_000));
    }

    @Test
    void oneTickRunsABoundedNumberOfTimers() {
        FairTable<Item> table = table(20_000, 20_000).build();
        for (int i = 0; i < 20_000; i++) {
            table.refresh(add(table, i, HONEST), 0, 1_000);
        }
        table.tick(5_000);
        assertThat(expired).hasSize(TimerWheel.TIMERS_PER_TICK);
        for (int i = 0; i < 4; i++) {
            table.tick(5_000);
        }
        assertThat(expired).hasSize(20_000);
    }

    /**
     * The adversary knows everything but the secret: keys that met in one bucket of the old table, and simple patterns.
     */
    @Test
    void keysThatAreChosenWithoutTheSecretDoNotMeet() {
        FairTable<Item> table = table(65_536, 65_536).build();
        KeyedHash other = new KeyedHash(1, 2);
        int added = 0;
        for (long key = 0; added < 16_384; key++) {
            // All in four buckets of a table with another secret.
            if ((other.hash(0, 0, key) & 0xfffc) == 0) {
                add(table, key, ATTACKER);
                added++;
            }
        }
        for (int i = 0; i < 16_384; i++) {
            add(table, 1L << 40 | (long) i << 16, ATTACKER);
            add(table, 2L << 40 | i * 0x9e37_79b9_7f4a_7c15L >>> 16, ATTACKER);
        }
        int longest = 0;
        for (int i = 0; i < 16_384; i++) {
            longest = Math.max(longest, table.probes(0, 0, 1L << 40 | (long) i << 16));
        }
        assertThat(longest).isLessThan(FairTable.MAX_PROBES);
        assertThat(evicted).isEmpty();
    }

    /** An adversary who has the secret gets a bucket, not the table, and no longer searches. */
    @Test
    void aBucketHasABoundThatTheAttackerPaysFirst() {
        KeyedHash known = new KeyedHash(1, 2);
        FairTable<Item> table = table(1_024, 1_024).hash(known).build();
        List<Long> meeting = new ArrayList<>();
        for (long key = 0; meeting.size() < 200; key++) {
            if ((known.hash(0, 0, key) & 1_023) == 7) {
                meeting.add(key);
            }
        }
        Item victim = add(table, meeting.get(0), HONEST);
        for (long key : meeting.subList(1, 100)) {
            add(table, key, ATTACKER);
            assertThat(table.probes(0, 0, key)).isLessThanOrEqualTo(FairTable.MAX_PROBES);
        }
        assertThat(victim.isInTable()).isTrue();
        assertThat(table.size(ATTACKER)).isEqualTo(FairTable.MAX_PROBES - 1);
        table.confirm(victim);
        for (long key : meeting.subList(100, 200)) {
            table.confirm(add(table, key, ATTACKER + key));
        }
        assertThat(table.probes(0, 0, meeting.get(0))).isEqualTo(FairTable.MAX_PROBES);
    }

    @Test
    void agreesWithAModel() {
        for (int seed = 0; seed < 60; seed++) {
            model(new Random(seed), 4 + seed % 7 * 13, 1 + seed % 5 * 10);
        }
    }

    /** Whatever comes, nothing is lost, nothing is there twice, bounds hold, and only who should go goes. */
    private void model(Random random, int capacity, int budget) {
        Map<Long, Item> known = new HashMap<>();
        FairTable<Item> table = FairTable.<Item>builder()
                .capacity(capacity)
                .budget(budget)
                .timer(new FairTable.Timer<>() {
                    @Override
                    public long due(Item item, long now) {
                        assertThat(item.deadline()).isLessThanOrEqualTo(now);
                        return FairTable.REMOVE;
                    }

                    @Override
                    public void expired(Item item) {
                        assertThat(known.remove(item.low())).isSameAs(item);
                    }
                })
                .evicted(item -> {
                    assertThat(item.isPinned()).isFalse();
                    assertThat(known.remove(item.low())).isSameAs(item);
                    evicted.add(item);
                })
                .build();
        long now = random.nextInt(1_000_000);
        for (int step = 0; step < 2_000; step++) {
            now += random.nextInt(200);
            long key = random.nextInt(3 * capacity);
            Item item = table.find(0, 0, key);
            assertThat(item).isSameAs(known.get(key));
            switch (random.nextInt(12)) {
                case 0 -> table.tick(now);
                case 1, 2 -> {
                    if (item != null) {
                        table.remove(item);
                        known.remove(key);
                    }
                }
                case 3 -> {
                    if (item != null) {
                        table.confirm(item);
                    }
                }
                case 4 -> {
                    if (item != null) {
                        table.unconfirm(item);
                    }
                }
                case 5 -> {
                    if (item != null && random.nextInt(20) == 0) {
                        table.pin(item);
                    }
                }
                case 6 -> {
                    if (item != null) {
                        table.refresh(item, now, now + random.nextInt(400_000));
                    }
                }
                case 7 -> {
                    if (random.nextInt(100) == 0) {
                        long owner = random.nextInt(5);
                        int before = table.size(owner);
                        Set<Item> gone = new HashSet<>();
                        table.removeOwner(owner, gone::add);
                        assertThat(gone).hasSize(before);
                        gone.forEach(each -> known.remove(each.low()));
                    }
                }
                default -> {
                    if (item == null) {
                        addOne(table, known, key, random.nextInt(5), now);
                    }
                }
            }
            assertThat(table.size()).isEqualTo(known.size()).isLessThanOrEqualTo(capacity);
        }
        Set<Item> seen = new HashSet<>();
        table.forEach(each -> assertThat(seen.add(each)).isTrue());
        assertThat(seen).containsExactlyInAnyOrderElementsOf(known.values());
        // In the end all but the pinned go.
        long last = now;
        seen.forEach(each -> table.refresh(each, last, last + 1));
        for (int i = 1; i < 2_000; i++) {
            table.tick(now + i * 1_000L);
        }
        assertThat(known.values()).allMatch(Item::isPinned);
    }

    private void addOne(FairTable<Item> table, Map<Long, Item> known, long key, long owner, long now) {
        Item item = new Item(0, 0, key);
        item.payer = owner;
        evicted.clear();
        int had = table.size(owner);
        boolean hadUnconfirmed = known.values().stream().anyMatch(each -> !each.isConfirmed());
        boolean hadOwnUnconfirmed =
                known.values().stream().anyMatch(each -> each.payer == owner && !each.isConfirmed());
        Set<Item> confirmed = new HashSet<>(known.values());
        confirmed.removeIf(each -> !each.isConfirmed());
        if (table.add(item, owner, now)) {
            known.put(key, item);
        }
        assertThat(evicted.size()).isLessThanOrEqualTo(1);
        for (Item gone : evicted) {
            if (had >= table.budget()) {
                assertThat(gone.payer).isEqualTo(owner);
                assertThat(confirmed.contains(gone)).isEqualTo(!hadOwnUnconfirmed);
            } else {
                assertThat(known.size()).isEqualTo(table.capacity());
                assertThat(confirmed.contains(gone)).isEqualTo(!hadUnconfirmed);
            }
        }
        assertThat(table.size(owner)).isLessThanOrEqualTo(table.budget());
    }

    @Test
    void misuseIsReported() {
        FairTable<Item> table = table(10, 10).build();
        Item item = add(table, 0, HONEST);
        assertThatThrownBy(() -> table.add(item, HONEST, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in a table already");
        table.remove(item);
        assertThatThrownBy(() -> table.remove(item))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in no table");
        assertThatThrownBy(() -> FairTable.<Item>builder().capacity(0)).hasMessageContaining("expected: 1 to");
        assertThatThrownBy(() -> FairTable.<Item>builder().budget(0)).hasMessageContaining("expected: at least 1");
    }

    private FairTable.Builder<Item> table(int capacity, int budget) {
        return FairTable.<Item>builder()
                .capacity(capacity)
                .budget(budget)
                .evicted(evicted::add)
                .timer(new FairTable.Timer<>() {
                    @Override
                    public long due(Item item, long now) {
                        return FairTable.REMOVE;
                    }

                    @Override
                    public void expired(Item item) {
                        expired.add(item);
                    }
                });
    }

    private static Item add(FairTable<Item> table, long key, long owner) {
        Item item = new Item(0, 0, key);
        assertThat(table.add(item, owner, 0)).isTrue();
        return item;
    }

    private static final class Item extends TableEntry {
        private long payer;
        private int runs;

        Item(int scope, long high, long low) {
            super(scope, high, low);
        }
    }
}
