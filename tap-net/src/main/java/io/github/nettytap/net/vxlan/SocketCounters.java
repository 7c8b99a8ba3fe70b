/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.net.port.UdpGsoCounters;

import java.util.concurrent.atomic.AtomicLong;

/** What became of frames between the channels of an endpoint. The event loop writes, any thread reads. */
final class SocketCounters {

    private final UdpGsoCounters gso = new UdpGsoCounters();
    private final AtomicLong congested = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();

    /** Those of all its sockets. */
    UdpGsoCounters gso() {
        return gso;
    }

    void countCongested() {
        congested.lazySet(congested.get() + 1);
    }

    /** A frame was lost to an error of the program, or for want of memory. */
    void countErrors() {
        errors.lazySet(errors.get() + 1);
    }

    long errors() {
        return errors.get();
    }

    long congested() {
        return congested.get();
    }
}
