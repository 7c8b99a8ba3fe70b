/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.net.port.UdpGsoCounters;

/** What became of frames between the channels of an endpoint. The event loop writes, any thread reads. */
final class SocketCounters {

    private final UdpGsoCounters gso = new UdpGsoCounters();
    private final Counter congested = new Counter();
    private final Counter errors = new Counter();

    /** Those of all its sockets. */
    UdpGsoCounters gso() {
        return gso;
    }

    void countCongested() {
        congested.increment();
    }

    /** A frame was lost to an error of the program, or for want of memory. */
    void countErrors() {
        errors.increment();
    }

    long errors() {
        return errors.get();
    }

    long congested() {
        return congested.get();
    }
}
