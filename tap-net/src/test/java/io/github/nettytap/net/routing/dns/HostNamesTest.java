/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNamesTest {

    private static final long HOUR = 3_600_000;

    private long millis;
    private final HostNames names = new HostNames(() -> millis);

    private String lease(int address, String owner, String wish) {
        return names.leased(address, owner, HOUR, wish, "lab.example");
    }

    @Test
    void aNameBelongsToWhoHasItUntilTheLeaseEnds() {
        assertThat(lease(1, "a", "Alpha")).isEqualTo("alpha");
        assertThat(lease(2, "b", "ALPHA.lab.example")).isNull();
        assertThat(names.refused()).isEqualTo(1);
        assertThat(names.find("alpha.lab.example").address()).isEqualTo(1);
        assertThat(names.find(2)).isNull();
        names.ended(1, "b");
        assertThat(names.find("alpha.lab.example"))
                .as("not given back by others")
                .isNotNull();
        millis += HOUR;
        assertThat(names.find("alpha.lab.example")).isNull();
        assertThat(lease(2, "b", "alpha")).isEqualTo("alpha");
        assertThat(names.find(1)).isNull();
        names.ended(2, "b");
        assertThat(names.find("alpha.lab.example")).isNull();
        assertThat(names.find(2)).isNull();
    }

    @Test
    void aClientKeepsItsNameMovesWithItAndChangesIt() {
        lease(1, "a", "alpha");
        millis += HOUR / 2;
        assertThat(lease(1, "a", null)).as("a renewal that says nothing").isEqualTo("alpha");
        millis += HOUR / 2;
        assertThat(names.find("alpha.lab.example").end()).isEqualTo(millis + HOUR / 2);
        assertThat(lease(3, "a", "alpha")).isEqualTo("alpha");
        assertThat(names.find(1)).isNull();
        assertThat(lease(3, "a", "beta")).isEqualTo("beta");
        assertThat(names.find("alpha.lab.example")).isNull();
        assertThat(lease(3, "b", null)).as("another client at its address").isNull();
        assertThat(names.find("beta.lab.example")).isNull();
        assertThat(names.find(3)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "router",
                "Router.lab.example",
                "wpad",
                "localhost",
                "a.b",
                "a..b",
                "-a",
                "a-",
                "a b",
                "a\u0000b",
                "ä",
                "alpha.other.example",
                ".lab.example",
                "a_b",
                "*",
                "alpha."
            })
    void whatIsNoNameOfAHostIsRefused(String wish) {
        assertThat(lease(1, "a", wish)).isNull();
        assertThat(names.find(1)).isNull();
        assertThat(names.refused()).isEqualTo(1);
    }
}
