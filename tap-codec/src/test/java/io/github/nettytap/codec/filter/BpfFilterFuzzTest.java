/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.CountedBuf;
import io.github.nettytap.testkit.Allocations;

class BpfFilterFuzzTest {

    @FuzzTest(maxDuration = "1m")
    void aProgramThatIsTakenEndsOnAnyFrame(FuzzedDataProvider data) {
        int count = data.consumeInt(1, 40);
        StringBuilder program = new StringBuilder().append(count);
        for (int i = 0; i < count; i++) {
            program.append('\n').append(data.consumeInt(0, 255)).append(' ').append(data.consumeInt(0, 10));
            program.append(' ').append(data.consumeInt(0, 10)).append(' ');
            program.append(data.consumeBoolean() ? data.consumeInt(0, 20) : data.consumeLong(0, 0xffff_ffffL));
        }
        BpfFilter filter;
        try {
            filter = BpfFilter.parse(program.toString());
        } catch (IllegalArgumentException refused) {
            assertThat(refused.getMessage()).startsWith("BPF program refused: instruction=");
            return;
        }
        byte[] bytes = data.consumeRemainingAsBytes();
        filter.run(new CountedBuf(bytes), 0, bytes.length, bytes.length);
        // A second time, since the first one loads classes.
        CountedBuf frame = new CountedBuf(bytes);
        long allocated = Allocations.of(() -> filter.run(frame, 0, frame.readableBytes(), frame.readableBytes()));
        // Each instruction is run once at most.
        assertThat(frame.reads()).isLessThanOrEqualTo(count);
        assertThat(allocated).isLessThan(64 << 10);
    }
}
