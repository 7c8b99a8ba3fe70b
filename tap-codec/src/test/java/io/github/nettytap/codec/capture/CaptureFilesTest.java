/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

class CaptureFilesTest {

    private static final long START = Instant.parse("2026-11-22T13:05:09Z").getEpochSecond() * 1_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private static CaptureFiles files(String name, CaptureRotation rotation) {
        return new CaptureFiles(Path.of("/tmp", name), rotation, ZoneOffset.UTC, START);
    }

    private static List<String> names(CaptureFiles files, int count, long stepNanos) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(files.current().getFileName().toString());
            if (!files.advance(START + (i + 1) * stepNanos)) {
                names.add("end");
                break;
            }
        }
        return names;
    }

    @Test
    void bySizeTheFirstFileHasNoNumber() {
        assertThat(names(files("x.pcapng", CaptureRotation.NONE.bySize(1)), 3, 0))
                .containsExactly("x.pcapng", "x.pcapng1", "x.pcapng2");
    }

    @Test
    void bySizeWithANumberOfFilesTheyAreReusedInTurn() {
        assertThat(names(files("x", CaptureRotation.NONE.bySize(1).files(3)), 5, 0))
                .containsExactly("x0", "x1", "x2", "x0", "x1");
    }

    @Test
    void numbersHaveAsManyDigitsAsTheLastOneNeeds() {
        assertThat(names(files("x", CaptureRotation.NONE.bySize(1).files(11)), 2, 0))
                .containsExactly("x00", "x01");
        assertThat(names(files("x", CaptureRotation.NONE.bySize(1).files(10)), 2, 0))
                .containsExactly("x0", "x1");
        assertThat(names(files("x", CaptureRotation.NONE.bySize(1).files(1)), 2, 0))
                .containsExactly("x", "x");
    }

    @Test
    void byTimeTheNameHoldsTheStartOfItsPeriod() {
        CaptureRotation rotation = CaptureRotation.NONE.byTime(Duration.ofSeconds(60));

        assertThat(names(files("x-%Y%m%d-%H%M%S.pcapng", rotation), 3, 61 * SECOND))
                .containsExactly("x-20261122-130509.pcapng", "x-20261122-130610.pcapng", "x-20261122-130711.pcapng");
    }

    @Test
    void byTimeWithANumberOfFilesTheCaptureEnds() {
        CaptureRotation rotation =
                CaptureRotation.NONE.byTime(Duration.ofSeconds(1)).files(2);

        assertThat(names(files("x%S", rotation), 5, SECOND)).containsExactly("x09", "x10", "end");
    }

    @Test
    void byBothNumbersStartAgainWithEachPeriod() {
        CaptureFiles files =
                files("x%S", CaptureRotation.NONE.byTime(Duration.ofSeconds(2)).bySize(10));

        assertThat(names(files, 5, SECOND)).containsExactly("x09", "x091", "x11", "x111", "x13");
    }

    @Test
    void aFileIsOverWhenItIsLongerThanTheLimit() {
        CaptureFiles files = files("x", CaptureRotation.NONE.bySize(100));

        assertThat(files.isDue(100, START + 1_000 * SECOND)).isFalse();
        assertThat(files.isDue(101, START)).isTrue();
    }

    @Test
    void withoutRotationNoFileIsEverOver() {
        CaptureFiles files = files("x%S", CaptureRotation.NONE);

        assertThat(files.isDue(Long.MAX_VALUE, Long.MAX_VALUE)).isFalse();
        assertThat(files.current()).isEqualTo(Path.of("/tmp/x%S"));
    }

    @Test
    void conversionsAreThoseOfStrftime() {
        CaptureRotation rotation = CaptureRotation.NONE.byTime(Duration.ofSeconds(1));

        assertThat(files("%F %T %R %j %y %I%p %a %A %b %h %B %s %z %Z %% %Q %", rotation)
                        .current()
                        .getFileName()
                        .toString())
                .isEqualTo("2026-11-22 13:05:09 13:05 326 26 01PM Sun Sunday Nov Nov November 1795352709 +0000 Z"
                        + " % %Q %");
    }

    @Test
    void limitsMustBePositive() {
        assertThatThrownBy(() -> CaptureRotation.NONE.bySize(0))
                .hasMessage("rotation size: bytes=0 (expected: more than 0)");
        assertThatThrownBy(() -> CaptureRotation.NONE.byTime(Duration.ofSeconds(-1)))
                .hasMessage("rotation period: nanoseconds=-1000000000 (expected: more than 0)");
        assertThatThrownBy(() -> CaptureRotation.NONE.files(0))
                .hasMessage("rotation files: files=0 (expected: more than 0)");
    }
}
