/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

/**
 * The other side of a channel under test: whoever talks to the TAP through the kernel. Blocking, for the test's thread.
 */
interface Peer extends AutoCloseable {

    /** Makes the channel receive a frame. */
    void send(byte[] frame);

    /** The next frame that the channel has sent, or null if none comes in time. */
    byte[] receive();

    /** Makes the channel receive a frame if that is possible at once; false if it is not. */
    boolean trySend(byte[] frame);

    /** The next frame that the channel has sent and that is here already, or null. */
    byte[] tryReceive();

    @Override
    void close();
}
