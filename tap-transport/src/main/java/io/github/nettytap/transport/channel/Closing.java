/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The one way in which a {@link TapChannel} closes, whoever asked for it: a user, a failure, the end of its event loop,
 * or the device, on whichever thread.
 *
 * <p>Step by step: nothing new is started; what is in flight completes or is cancelled; the promises of writes that
 * have not left fail; the channel leaves its event loop; the descriptor is closed elsewhere, since the kernel takes
 * milliseconds to remove an interface, in which the other channels of the loop would stand still; {@code
 * channelInactive}; and last the promise of the close and {@code closeFuture}. So whoever is told that the channel is
 * closed may rely on its queue being gone.
 *
 * <p>Netty asks for an executor ({@code prepareToClose}), on which it marks the channel as closed. This is that
 * executor, and the mark is the last step.
 */
final class Closing implements Executor {

    private final TapChannel channel;
    private final ChannelOutboundBuffer waiting;
    private final Throwable cause;
    private final ClosedChannelException closeCause;
    private final boolean wasActive;

    /**
     * @param waiting the writes that have not left, null if there can be none
     * @param cause fails those that were flushed
     * @param closeCause fails the others
     */
    Closing(
            TapChannel channel,
            ChannelOutboundBuffer waiting,
            Throwable cause,
            ClosedChannelException closeCause,
            boolean wasActive) {
        this.channel = channel;
        this.waiting = waiting;
        this.cause = cause;
        this.closeCause = closeCause;
        this.wasActive = wasActive;
    }

    /**
     * Closes a channel that has an event loop.
     *
     * @param mark marks the channel as closed; run on the loop, or elsewhere if the loop has ended by then
     */
    @Override
    public void execute(Runnable mark) {
        TapIo io = channel.io();
        if (io == null) {
            leave(mark);
        } else {
            io.whenIdle(() -> leave(mark));
        }
    }

    private void leave(Runnable mark) {
        failWrites();
        channel.leaveLoop();
        EventLoop loop = channel.eventLoop();
        if (loop.isShuttingDown()) {
            // The loop may end before another thread is through with it.
            channel.closeDescriptor();
            execute(loop, mark);
        } else {
            BlockingTasks.execute(() -> {
                channel.closeDescriptor();
                execute(loop, mark);
            });
        }
    }

    private void execute(EventLoop loop, Runnable mark) {
        try {
            loop.execute(() -> end(mark));
        } catch (RejectedExecutionException e) {
            // The loop has ended, so no handler hears of it; but who waits for the close shall not wait for ever.
            mark.run();
        }
    }

    private void end(Runnable mark) {
        if (wasActive && channel.isRegistered()) {
            channel.pipeline().fireChannelInactive();
        }
        mark.run();
    }

    /** Closes a channel that has no event loop, or whose loop has ended, on the calling thread. */
    void closeHere() {
        failWrites();
        try {
            channel.leaveLoop();
        } catch (RejectedExecutionException e) {
            // The loop has ended, and its selector or ring with it.
        }
        channel.closeDescriptor();
    }

    private void failWrites() {
        if (waiting == null) {
            return;
        }
        if (!waiting.isWritable()) {
            // Stays so: that there is room again is no news of a closed channel.
            waiting.setUserDefinedWritability(1, false);
        }
        while (waiting.remove(cause)) {
            continue;
        }
        waiting.addFlush();
        while (waiting.remove(closeCause)) {
            continue;
        }
    }
}
