/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * An event loop of a {@link TapEventLoopGroup}. It owns what its TAP channels share, and counts what it does.
 *
 * <p>It closes its channels when it ends, also when it is shut down without a quiet period while it is about to sleep,
 * in which case Netty's own loop ends without telling them.
 */
public final class TapEventLoop extends SingleThreadIoEventLoop {

    private final LoopResources resources;
    private final IoHandlerContext context = new Context();
    private boolean waiting;
    private long waitingSince;
    private long activeNanos;

    /** Null as long as nobody asks for slow turns. */
    private volatile TurnTimer turnTimer;

    TapEventLoop(IoEventLoopGroup parent, Executor executor, IoHandlerFactory ioHandlerFactory) {
        this(parent, executor, ioHandlerFactory, new LoopResources());
    }

    TapEventLoop(
            IoEventLoopGroup parent, Executor executor, IoHandlerFactory ioHandlerFactory, LoopResources resources) {
        super(parent, executor, ioHandlerFactory);
        this.resources = resources;
        resources.restPolicy().start();
    }

    LoopResources resources() {
        return resources;
    }

    /**
     * What this loop has counted.
     *
     * @return the live counters; any thread may read them
     */
    public TapLoopCounters counters() {
        return resources.counters();
    }

    /**
     * Reports turns of this loop that take long, in place of whoever was reported to before. It costs a turn, not a
     * frame, two looks at the clock, and nothing when no listener is set.
     *
     * @param threshold report turns that take as long or longer
     * @param listener who is notified
     */
    public synchronized void setSlowTurnListener(Duration threshold, SlowTurnListener listener) {
        turnTimer = new TurnTimer(this, threshold.toNanos(), Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Reports slow turns no longer.
     *
     * @param listener as it was set; another one stays
     */
    public synchronized void removeSlowTurnListener(SlowTurnListener listener) {
        TurnTimer current = turnTimer;
        if (current != null && current.listener() == listener) {
            turnTimer = null;
        }
    }

    @Override
    protected int runIo() {
        TurnTimer timer = turnTimer;
        if (timer != null) {
            timer.turnEnds(System.nanoTime());
        }
        waiting = false;
        int handled = ioHandler().run(context);
        TapLoopCounters counters = resources.counters();
        counters.turns.increment();
        if (waiting) {
            counters.asleep.add(Math.max(0, System.nanoTime() - waitingSince - activeNanos));
        }
        resources.restPolicy().turnEnds();
        if (timer != null) {
            timer.ioEnds(System.nanoTime(), waiting ? activeNanos : TurnTimer.SINCE_THE_START);
        }
        return handled;
    }

    @Override
    protected void run() {
        super.run();
        if (isShuttingDown() && getNumOfRegisteredChannels() > 0) {
            ioHandler().prepareToDestroy();
        }
    }

    /** What Netty's own loop says, and the time that is spent on events when the loop was free to sleep. */
    private final class Context implements IoHandlerContext {

        @Override
        public boolean canBlock() {
            boolean free = !hasTasks()
                    && !hasScheduledTasks()
                    && !resources.restPolicy().hasSleepers();
            if (free && !waiting) {
                waiting = true;
                activeNanos = 0;
                waitingSince = System.nanoTime();
            }
            return free;
        }

        @Override
        public long delayNanos(long currentTimeNanos) {
            return TapEventLoop.this.delayNanos(currentTimeNanos);
        }

        @Override
        public long deadlineNanos() {
            // Netty's own method answers now and a second if nothing is scheduled, so that each sleep sets a timer.
            return nextScheduledTaskDeadlineNanos();
        }

        @Override
        public void reportActiveIoTime(long nanos) {
            activeNanos = nanos;
            if (isSuspensionSupported()) {
                TapEventLoop.this.reportActiveIoTime(nanos);
            }
        }

        @Override
        public boolean shouldReportActiveIoTime() {
            return waiting || isSuspensionSupported();
        }
    }
}
