/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

import java.time.Duration;
import java.util.List;

class DurationConverterTest {

    @ParameterizedTest
    @CsvSource({"7, PT7S", "500ms, PT0.5S", "1s, PT1S", "90s, PT1M30S", "5min, PT5M"})
    void numberHasAUnitOrIsSeconds(String text, Duration duration) {
        assertThat(new DurationConverter().convert(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "ms", "0s", "-1s", "1.5s", "1h", "1 s", "1000000000min"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> new DurationConverter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("not a duration: value=" + text
                        + " (expected: a number of seconds, or one with its unit: 500ms, 1s, 5min)");
    }

    @Test
    void secondsAreWhole() {
        assertThat(DurationConverter.wholeSeconds("--ageing", Duration.ofMinutes(5)))
                .isEqualTo(300);
        for (Duration other : List.of(Duration.ofMillis(500), Duration.ofMillis(1500), Duration.ofDays(30_000))) {
            assertThatThrownBy(() -> DurationConverter.wholeSeconds("--ageing", other))
                    .hasMessage(
                            "not a number of seconds: --ageing=" + other.toMillis() + "ms (expected: whole seconds)");
        }
    }

    @Test
    void longestDurationFitsTheClock() {
        assertThat(new DurationConverter().convert("100000000min").toNanos()).isPositive();
    }
}
