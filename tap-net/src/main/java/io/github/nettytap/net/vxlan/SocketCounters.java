/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.netty.channel.ChannelFutureListener;

import java.util.concurrent.atomic.AtomicLong;

/** What became of frames between the channels of an endpoint. The event loop writes, any thread reads. */
final class SocketCounters {

    private final AtomicLong congested = new AtomicLong();
    private final AtomicLong unsent = new AtomicLong();
    private final AtomicLong trains = new AtomicLong();
    private final AtomicLong inTrains = new AtomicLong();
    private final AtomicLong refusedTrains = new AtomicLong();
    private final ChannelFutureListener single = sent -> {
        if (!sent.isSuccess()) {
            countUnsent(1);
        }
    };

    private static void add(AtomicLong counter, long more) {
        counter.lazySet(counter.get() + more);
    }

    void countCongested() {
        add(congested, 1);
    }

    void countUnsent(int datagrams) {
        add(unsent, datagrams);
    }

    void countTrain(int datagrams) {
        add(trains, 1);
        add(inTrains, datagrams);
    }

    void countRefusedTrain() {
        add(refusedTrains, 1);
    }

    /** To be told of each datagram that is sent alone. */
    ChannelFutureListener single() {
        return single;
    }

    long congested() {
        return congested.get();
    }

    long unsent() {
        return unsent.get();
    }

    long trains() {
        return trains.get();
    }

    long inTrains() {
        return inTrains.get();
    }

    long refusedTrains() {
        return refusedTrains.get();
    }
}
