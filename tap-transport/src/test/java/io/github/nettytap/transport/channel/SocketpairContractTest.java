/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(LoopKind.class)
class SocketpairContractTest {

    private final LoopKind loop;

    SocketpairContractTest(LoopKind loop) {
        this.loop = loop;
    }

    private Subject open() {
        return SocketpairSubject.of(loop).open();
    }

    @Nested
    class Transfers extends TransferContract {
        Transfers() {
            super(SocketpairContractTest.this.loop, SocketpairContractTest.this::open);
        }
    }

    @Nested
    class Writing extends WritingContract {
        Writing() {
            super(SocketpairContractTest.this.loop, SocketpairContractTest.this::open);
        }
    }

    @Nested
    class Memory extends MemoryContract {
        Memory() {
            super(SocketpairContractTest.this.loop, SocketpairContractTest.this::open);
        }
    }

    @Nested
    class ScarceMemory extends ScarceMemoryContract {
        ScarceMemory() {
            super(SocketpairContractTest.this.loop, SocketpairContractTest.this::open);
        }
    }

    @Nested
    class FailingSystemCalls extends FailingCallsContract {
        FailingSystemCalls() {
            super(SocketpairContractTest.this.loop, SocketpairContractTest.this::open);
        }
    }

    @Nested
    class Closing extends ClosingContract {
        Closing() {
            super(SocketpairContractTest.this.loop, SocketpairContractTest.this::open);
        }
    }
}
