/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The frames of a channel that is not a TAP, which counts its own.
 *
 * <p>The event loop of the channel is the only writer; any thread may read.
 */
public final class FrameCounters {

    private static final int FRAMES_RECEIVED = 0;
    private static final int BYTES_RECEIVED = 1;
    private static final int FRAMES_SENT = 2;
    private static final int BYTES_SENT = 3;

    private final AtomicLongArray counts = new AtomicLongArray(4);

    /** Starts at zero. */
    public FrameCounters() {}

    /**
     * A frame has come in. On the event loop of the channel.
     *
     * @param bytes its length without virtio-net header
     */
    public void received(int bytes) {
        add(FRAMES_RECEIVED, 1);
        add(BYTES_RECEIVED, bytes);
    }

    /**
     * A frame was given to the channel to be sent. On the event loop of the channel.
     *
     * @param bytes its length without virtio-net header
     */
    public void sent(int bytes) {
        add(FRAMES_SENT, 1);
        add(BYTES_SENT, bytes);
    }

    private void add(int counter, long more) {
        counts.setOpaque(counter, counts.getPlain(counter) + more);
    }

    /** {@return frames that came in} */
    public long framesReceived() {
        return counts.getOpaque(FRAMES_RECEIVED);
    }

    /** {@return their bytes, without virtio-net headers} */
    public long bytesReceived() {
        return counts.getOpaque(BYTES_RECEIVED);
    }

    /** {@return frames that were given to the channel to be sent} */
    public long framesSent() {
        return counts.getOpaque(FRAMES_SENT);
    }

    /** {@return their bytes, without virtio-net headers} */
    public long bytesSent() {
        return counts.getOpaque(BYTES_SENT);
    }
}
