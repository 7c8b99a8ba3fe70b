/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.fdb.Fdb.Kind;
import org.junit.jupiter.api.Test;

class MacLimitTest {

    private static final int PORT = 3;
    private static final long A = MacAddress.parse("02:00:00:00:00:0a").value();
    private static final int MAX_AGE = 300;

    private final Fdb table = new Fdb(1024, MAX_AGE);

    @Test
    void stationsUpToTheLimitAreAdmittedAgainAndAgain() {
        MacLimit limit = new MacLimit(table, PORT, 100);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 100; i++) {
                assertThat(heard(limit, A + i, 0)).isTrue();
            }
        }
        assertThat(heard(limit, A + 100, 0)).isFalse();
        assertThat(heard(limit, A + 99, 0)).isTrue();
    }

    @Test
    void stationThatMovedAwayMakesRoom() {
        MacLimit limit = new MacLimit(table, PORT, 1);
        heard(limit, A, 0);
        assertThat(heard(limit, A + 1, 1)).isFalse();
        table.learn(A, PORT + 1, 2);
        assertThat(heard(limit, A + 1, 2)).isTrue();
        assertThat(heard(limit, A, 3)).isFalse();
    }

    @Test
    void stationsThatWereForgottenMakeRoom() {
        MacLimit limit = new MacLimit(table, PORT, 1);
        heard(limit, A, 0);
        table.clear();
        assertThat(heard(limit, A + 1, 1)).isTrue();
    }

    @Test
    void staticStationsAreNotCounted() {
        table.pin(A, PORT, Kind.STATIC, 0);
        MacLimit limit = new MacLimit(table, PORT, 1, A);
        assertThat(heard(limit, A + 1, 0)).isTrue();
        assertThat(heard(limit, A + 2, 1)).isFalse();
        assertThat(heard(limit, A, 2)).isTrue();
        assertThat(heard(limit, A + 2, 2 + MAX_AGE)).isTrue();
        assertThat(heard(limit, A, 2 + MAX_AGE)).isTrue();
    }

    @Test
    void addressesOfNoStationAreNotAdmitted() {
        MacLimit limit = new MacLimit(table, PORT, 10);
        assertThat(limit.admits(MacAddress.BROADCAST.value(), 0)).isFalse();
        assertThat(limit.admits(0, 0)).isFalse();
    }

    private boolean heard(MacLimit limit, long key, long now) {
        boolean admitted = limit.admits(key, now);
        if (admitted) {
            table.learn(key, PORT, now);
        }
        return admitted;
    }
}
