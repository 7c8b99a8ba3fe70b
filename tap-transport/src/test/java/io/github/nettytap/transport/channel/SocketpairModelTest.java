/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.concurrent.TimeUnit;

@ParameterizedClass
@EnumSource(LoopKind.class)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class SocketpairModelTest {

    private final LoopKind loop;

    SocketpairModelTest(LoopKind loop) {
        this.loop = loop;
    }

    @Test
    void randomRunsKeepWhatNettyPromises() throws Exception {
        ModelSeeds.run(
                ModelSeeds.count(1_700), loop, () -> SocketpairSubject.of(loop).open());
    }

    @Test
    void randomRunsOnADescriptorThatBlocksKeepWhatNettyPromises() throws Exception {
        ModelSeeds.run(ModelSeeds.count(1_700), loop, () -> SocketpairSubject.of(loop)
                .blocking()
                .open());
    }
}
