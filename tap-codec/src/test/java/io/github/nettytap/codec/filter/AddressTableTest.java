/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;

class AddressTableTest {

    @Test
    void itHoldsWhatASetHolds() {
        Random random = new Random(1);
        AddressTable table = new AddressTable();
        Set<Long> set = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            // Few distinct ones, so that some come twice, and of the patterns that real addresses have.
            long key = AddressTable.key(random.nextInt(4), 0x525400000000L + random.nextInt(30_000));
            table.add(key);
            set.add(key);
            assertThat(table.size()).isEqualTo(set.size());
        }
        for (int vlan = 0; vlan < 4; vlan++) {
            for (long i = 0; i < 30_000; i++) {
                long key = AddressTable.key(vlan, 0x525400000000L + i);
                assertThat(table.contains(key)).isEqualTo(set.contains(key));
            }
        }
    }

    @Test
    void aMillionAddressesAreAllFoundAndNoOthers() {
        AddressTable table = new AddressTable();
        for (long i = 0; i < 1_000_000; i++) {
            table.add(AddressTable.key(AddressTable.ANY_VLAN, i * 0x10_0003));
        }
        int found = 0;
        int wrong = 0;
        for (long i = 0; i < 1_000_000; i++) {
            found += table.contains(AddressTable.key(AddressTable.ANY_VLAN, i * 0x10_0003)) ? 1 : 0;
            wrong += table.contains(AddressTable.key(AddressTable.ANY_VLAN, i * 0x10_0003 + 1)) ? 1 : 0;
        }
        assertThat(found).isEqualTo(1_000_000);
        assertThat(wrong).isZero();
    }

    @Test
    void aKeyIsTakenApart() {
        long key = AddressTable.key(0xabc, 0x123456789abcL);

        assertThat(AddressTable.vlan(key)).isEqualTo(0xabc);
        assertThat(AddressTable.address(key)).isEqualTo(0x123456789abcL);
    }

    @Test
    void theExtremeKeysAreOrdinary() {
        AddressTable table = new AddressTable();
        long least = AddressTable.key(0, 0);
        long greatest = AddressTable.key(0xfff, 0xffff_ffff_ffffL);
        assertThat(table.contains(least)).isFalse();
        assertThat(table.contains(greatest)).isFalse();
        table.add(least);
        table.add(greatest);

        assertThat(table.contains(least)).isTrue();
        assertThat(table.contains(greatest)).isTrue();
        assertThat(table.size()).isEqualTo(2);
    }
}
