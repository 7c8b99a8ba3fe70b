/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.CounterSet;

/**
 * The frames of a channel that is not a TAP, which counts its own.
 *
 * <p>The event loop of the channel is the only writer; any thread may read.
 */
public final class FrameCounters extends CounterSet {

    private final Counter framesReceived = counter("framesReceived");
    private final Counter bytesReceived = counter("bytesReceived");
    private final Counter framesSent = counter("framesSent");
    private final Counter bytesSent = counter("bytesSent");

    /** Starts at zero. */
    public FrameCounters() {}

    /**
     * A frame has come in. On the event loop of the channel.
     *
     * @param bytes its length without virtio-net header
     */
    public void received(int bytes) {
        framesReceived.increment();
        bytesReceived.add(bytes);
    }

    /**
     * A frame was given to the channel to be sent. On the event loop of the channel.
     *
     * @param bytes its length without virtio-net header
     */
    public void sent(int bytes) {
        framesSent.increment();
        bytesSent.add(bytes);
    }

    /** {@return frames that came in} */
    public long framesReceived() {
        return framesReceived.get();
    }

    /** {@return their bytes, without virtio-net headers} */
    public long bytesReceived() {
        return bytesReceived.get();
    }

    /** {@return frames that were given to the channel to be sent} */
    public long framesSent() {
        return framesSent.get();
    }

    /** {@return their bytes, without virtio-net headers} */
    public long bytesSent() {
        return bytesSent.get();
    }
}
