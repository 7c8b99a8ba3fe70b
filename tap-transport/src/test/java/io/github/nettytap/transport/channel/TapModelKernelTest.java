/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.concurrent.TimeUnit;

@KernelTest
@ParameterizedClass
@EnumSource(LoopKind.class)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class TapModelKernelTest {

    private final LoopKind loop;

    TapModelKernelTest(LoopKind loop) {
        this.loop = loop;
    }

    @Test
    void randomRunsKeepWhatNettyPromises() throws Exception {
        ModelSeeds.run(ModelSeeds.count(25), loop, () -> TapSubject.singleQueue(loop));
    }

    /** Here, as it is of no matter how a channel has come by its queue. */
    @Nested
    class ScarceMemory extends ScarceMemoryContract {
        ScarceMemory() {
            super(TapModelKernelTest.this.loop, () -> TapSubject.singleQueue(TapModelKernelTest.this.loop));
        }
    }
}
