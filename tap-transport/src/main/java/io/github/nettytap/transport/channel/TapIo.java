/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;

import java.io.IOException;

/**
 * How a channel waits, reads and writes on one kind of event loop.
 *
 * <p>Made for one registration of one channel and dropped with it. Every method runs on the event loop.
 */
abstract class TapIo {

    /** What the event loop calls back. */
    abstract IoHandle handle();

    /**
     * The handle is registered and the device is attached: begins to watch for its end.
     *
     * @param registration from the future of the registration, which is the one that must be cancelled
     */
    abstract void start(IoRegistration registration);

    /** A frame is wanted. */
    abstract void beginRead();

    /** No more frames are wanted. */
    abstract void stopRead();

    /**
     * Writes flushed frames until there are none, or the device blocks, or the limit for one turn is reached.
     *
     * @throws IOException if the device is gone
     */
    abstract void write(ChannelOutboundBuffer in) throws IOException;

    /** Whether a flush would be in vain, since an earlier one still waits for the device. */
    abstract boolean isWriteBlocked();

    /** The outbound buffer is about to be emptied by Netty: frames in flight are kept until they have left. */
    abstract void abandonWrites();

    /** Starts nothing new, and runs the task when nothing is in flight any more; at once if nothing is. */
    abstract void whenIdle(Runnable task);

    /** Leaves the event loop when idle, without closing the device. */
    abstract void deregister();
}
