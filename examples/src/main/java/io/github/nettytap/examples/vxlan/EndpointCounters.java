/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.vxlan;

import java.util.concurrent.atomic.AtomicLong;

/** What got lost between the channels of an endpoint. The event loop writes, any thread reads. */
final class EndpointCounters {

    private final AtomicLong congested = new AtomicLong();
    private final AtomicLong unsent = new AtomicLong();

    void countCongested() {
        congested.lazySet(congested.get() + 1);
    }

    void countUnsent() {
        unsent.lazySet(unsent.get() + 1);
    }

    long congested() {
        return congested.get();
    }

    long unsent() {
        return unsent.get();
    }
}
