/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "999, 999",
        "1000, 1.00k",
        "9994, 9.99k",
        "9995, 10.0k",
        "99949, 99.9k",
        "99950, 100k",
        "999499, 999k",
        "999500, 1.00M",
        "9223372036854775807, 9.22E"
    })
    void countsHaveThreeDigits(long number, String text) {
        assertThat(Units.count(number)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "999, 999 B", "1514, 1.51 kB", "4560000000, 4.56 GB"})
    void bytesHaveDecimalPrefixes(long bytes, String text) {
        assertThat(Units.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 ns",
        "999, 999 ns",
        "1000, 1.00 µs",
        "999499, 999 µs",
        "999500, 1.00 ms",
        "12345678, 12.3 ms",
        "7890000000, 7.89 s",
        "120000000000, 120 s"
    })
    void durationsChooseTheirUnit(long nanos, String text) {
        assertThat(Units.duration(nanos)).isEqualTo(text);
    }

    @Test
    void bitRateCountsBitsOverTime() {
        assertThat(Units.bitRate(2_400_000_000L, 1_000_000_000L)).isEqualTo("19.2 Gb/s");
        assertThat(Units.bitRate(1, 3_000_000_000L)).isEqualTo("2.67 b/s");
        assertThat(Units.bitRate(1, 0)).isEqualTo("0 b/s");
    }
}
