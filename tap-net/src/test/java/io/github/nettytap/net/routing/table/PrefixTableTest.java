/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.nettytap.net.routing.packet.IpAddress;
import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

class PrefixTableTest {

    private static final long HIGH = 0x2001_0db8_0000_0000L;

    private final PrefixTable<String> table = new PrefixTable<>();

    @Test
    void longestPrefixWins() {
        table.put(0, 0, 0, "all");
        table.put(HIGH, 0, 32, "site");
        table.put(HIGH, 0, 64, "network");
        table.put(HIGH, 7, 128, "host");
        assertThat(table.find(HIGH, 7)).isEqualTo("host");
        assertThat(table.find(HIGH, 8)).isEqualTo("network");
        assertThat(table.find(HIGH | 1, 7)).isEqualTo("site");
        assertThat(table.find(0, 7)).isEqualTo("all");
    }

    /** Their low bits are all zero, as those of all IPv4 networks are; chance fills about 63 of 100 slots. */
    @Test
    void networksOf24BitsAreSpreadOverTheSlots() {
        int slots = 4096;
        long hit = IntStream.range(0, slots)
                .map(i -> PrefixTable.hash(0, 0xffff_0a00_0000L + (i << 8), 120) & slots - 1)
                .distinct()
                .count();
        assertThat(hit).isBetween(slots / 2L, slots * 3L / 4);
    }

    @Test
    void exampleOfThePackageDocumentationHolds() throws UnknownHostException {
        PrefixTable<String> sites = new PrefixTable<>();
        InetAddress lab = InetAddress.getByName("2001:db8::");
        sites.put(IpAddress.high(lab), IpAddress.low(lab), 32, "lab");
        InetAddress office = InetAddress.getByName("10.0.0.0");
        sites.put(IpAddress.high(office), IpAddress.low(office), 96 + 8, "office");

        InetAddress host = InetAddress.getByName("10.1.2.3");
        assertThat(sites.find(IpAddress.high(host), IpAddress.low(host))).isEqualTo("office");
        InetAddress other = InetAddress.getByName("2001:db9::1");
        assertThat(sites.find(IpAddress.high(other), IpAddress.low(other))).isNull();
    }

    @Test
    void nothingMatchesInAnEmptyTable() {
        assertThat(table.find(HIGH, 7)).isNull();
    }

    @Test
    void bitsBehindTheLengthDoNotMatter() {
        table.put(HIGH | 0xffff, -1, 48, "site");
        assertThat(table.find(HIGH, 0)).isEqualTo("site");
        assertThat(table.get(HIGH, 0, 48)).isEqualTo("site");
        assertThat(table.get(HIGH, 0, 49)).isNull();
    }

    @Test
    void puttingAPrefixAgainReplacesItsValue() {
        table.put(HIGH, 0, 64, "old");
        table.put(HIGH, 1, 64, "new");
        assertThat(table.find(HIGH, 0)).isEqualTo("new");
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void everyLengthIsFoundByItself() {
        for (int length = 0; length <= PrefixTable.MAX_LENGTH; length++) {
            PrefixTable<Integer> one = new PrefixTable<>();
            one.put(-1, -1, length, length);
            assertThat(one.find(-1, -1)).isEqualTo(length);
            // The last bit of the prefix counts, the next one does not.
            if (length > 0) {
                assertThat(one.find(flipped(length - 1, 0), flipped(length - 1, 1)))
                        .isNull();
            }
            if (length < PrefixTable.MAX_LENGTH) {
                assertThat(one.find(flipped(length, 0), flipped(length, 1))).isEqualTo(length);
            }
        }
    }

    /** All ones but the bit of this number, counted from the left over both halves. */
    private static long flipped(int bit, int half) {
        return bit / 64 == half ? ~(1L << 63 - bit % 64) : -1;
    }

    @Test
    void aHundredThousandRoutesAgreeWithAPlainSearchAndAllocateNothing() {
        Random random = new Random(1);
        Map<Long, Integer> plain = new HashMap<>();
        PrefixTable<Integer> routes = new PrefixTable<>();
        for (int i = 0; i < 100_000; i++) {
            int length = 8 + random.nextInt(25);
            int address = random.nextInt() & -1 << 32 - length;
            plain.put((long) length << 32 | address & 0xffff_ffffL, i);
            routes.put(0, IpAddress.mapped(address), IpAddress.MAPPED_PREFIX + length, i);
        }
        assertThat(routes.size()).isEqualTo(plain.size());
        int[] addresses = random.ints(20_000).toArray();
        for (int address : addresses) {
            assertThat(routes.find(0, IpAddress.mapped(address))).isEqualTo(search(plain, address));
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long found = 0;
        for (int address : addresses) {
            found += routes.find(0, IpAddress.mapped(address)) == null ? 0 : 1;
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(addresses.length);
        assertThat(found).isPositive();
    }

    private static Integer search(Map<Long, Integer> plain, int address) {
        for (int length = 32; length >= 8; length--) {
            Integer value = plain.get((long) length << 32 | address & -1 << 32 - length & 0xffff_ffffL);
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}
