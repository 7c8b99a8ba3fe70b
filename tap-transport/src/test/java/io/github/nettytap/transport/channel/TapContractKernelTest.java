/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.List;

@KernelTest
@ParameterizedClass
@MethodSource("kindsAndLoops")
class TapContractKernelTest {

    /** How a channel can come by its queue. */
    enum Kind {
        SINGLE_QUEUE,
        MULTI_QUEUE,
        ADOPTED_DESCRIPTOR
    }

    private final Kind kind;
    private final LoopKind loop;

    TapContractKernelTest(Kind kind, LoopKind loop) {
        this.kind = kind;
        this.loop = loop;
    }

    static List<Arguments> kindsAndLoops() {
        List<Arguments> all = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (LoopKind loop : LoopKind.values()) {
                all.add(Arguments.of(kind, loop));
            }
        }
        return all;
    }

    private Subject open() throws Exception {
        switch (kind) {
            case SINGLE_QUEUE:
                return TapSubject.singleQueue(loop);
            case MULTI_QUEUE:
                return TapSubject.multiQueue(loop);
            default:
                return TapSubject.adopted(loop);
        }
    }

    @Nested
    class Transfers extends TransferContract {
        Transfers() {
            super(TapContractKernelTest.this.loop, TapContractKernelTest.this::open);
        }
    }

    @Nested
    class Writing extends WritingContract {
        Writing() {
            super(TapContractKernelTest.this.loop, TapContractKernelTest.this::open);
        }
    }

    @Nested
    class Memory extends MemoryContract {
        Memory() {
            super(TapContractKernelTest.this.loop, TapContractKernelTest.this::open);
        }
    }

    @Nested
    class FailingSystemCalls extends FailingCallsContract {
        FailingSystemCalls() {
            super(TapContractKernelTest.this.loop, TapContractKernelTest.this::open);
        }
    }

    @Nested
    class Closing extends ClosingContract {
        Closing() {
            super(TapContractKernelTest.this.loop, TapContractKernelTest.this::open);
        }
    }
}
