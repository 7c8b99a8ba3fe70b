/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

/**
 * What the contract of a channel is tested on: a channel that is not registered yet, and whoever is at its other end.
 */
interface Subject extends AutoCloseable {

    TapChannel channel();

    Peer peer();

    /** What lets reads and writes of the channel fail. */
    FailingCalls calls();

    /** What the owner of the queue does who closes it, on whichever thread. */
    void closeByOwner();

    @Override
    void close();
}
