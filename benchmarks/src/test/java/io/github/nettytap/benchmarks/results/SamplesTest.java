/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SamplesTest {

    @Test
    void medianOfAnOddNumberIsTheMiddleOne() {
        assertThat(new Samples(new double[] {9, 1, 2}).median()).isEqualTo(2);
    }

    @Test
    void medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        assertThat(new Samples(new double[] {9, 1, 2, 4}).median()).isEqualTo(3);
    }

    @Test
    void spreadIsTheRangeAsAPartOfTheMedian() {
        assertThat(new Samples(new double[] {90, 100, 120}).spread()).isEqualTo(0.3);
        assertThat(new Samples(new double[] {0, 0}).spread()).isZero();
    }
}
