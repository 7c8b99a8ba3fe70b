/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * When a channel reads: as {@code read()} and autoRead say, not while frames are held that were read before, and not
 * for a moment after there was no memory to read into.
 */
final class ReadControl {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ReadControl.class);

    private final TapChannel channel;
    private final ReceiveBatch batch;
    private final Runnable heldTask = this::deliverHeld;
    private boolean heldScheduled;

    ReadControl(TapChannel channel) {
        this.channel = channel;
        batch = channel.readLoop();
    }

    /** {@code read()} was called, by a user or by autoRead. */
    void read() {
        batch.want();
        if (channel.io() != null) {
            begin();
        }
    }

    /** The channel has joined an event loop. */
    void joined() {
        if (batch.isPending()) {
            begin();
        }
    }

    private void begin() {
        if (!batch.hasHeld()) {
            channel.io().beginRead();
        } else if (!heldScheduled) {
            // Not delivered from here, as this is called by handlers.
            heldScheduled = true;
            channel.eventLoop().execute(heldTask);
        }
    }

    /** Frames that were read before reading was stopped come before any other. */
    private void deliverHeld() {
        heldScheduled = false;
        if (channel.io() != null) {
            batch.deliverHeld();
            if (channel.io() != null && batch.isWanted()) {
                begin();
            }
        }
    }

    void stop() {
        if (channel.io() != null) {
            channel.io().stopRead();
        }
    }

    /** autoRead was switched off, on whichever thread. */
    void autoReadCleared() {
        if (channel.isRegistered()) {
            EventLoop loop = channel.eventLoop();
            if (loop.inEventLoop()) {
                stopUnlessWanted();
            } else {
                loop.execute(this::stopUnlessWanted);
            }
        }
    }

    private void stopUnlessWanted() {
        if (!batch.isWanted()) {
            stop();
        }
    }

    /** Frames are waiting, so that without a pause the loop would do nothing but fail. */
    void pause() {
        TapIo paused = channel.io();
        if (paused == null) {
            return;
        }
        paused.stopRead();
        try {
            channel.eventLoop()
                    .schedule(() -> resume(paused), TapChannel.NO_MEMORY_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOGGER.debug("{} is on an event loop that has ended", channel);
        }
    }

    private void resume(TapIo paused) {
        if (channel.io() == paused && batch.isWanted()) {
            begin();
        }
    }
}
