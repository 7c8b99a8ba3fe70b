/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.link;

import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.PollFd;
import io.github.nettytap.transport.linux.Structs;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs a {@link LinkMonitor} on a thread of its own and delivers its events through an executor.
 *
 * <pre>{@code
 * try (LinkWatch watch = LinkWatch.start(LinkMonitor.open(), executor, event -> log(event))) {
 *     …
 * }
 * }</pre>
 */
public final class LinkWatch implements AutoCloseable {

    private static final int EFD_FLAGS = 0x80800; // EFD_CLOEXEC | EFD_NONBLOCK
    private static final int FOREVER = -1;

    private final LibC libc;
    private final LinkMonitor monitor;
    private final Executor executor;
    private final Listener listener;
    private final int wakeUp;
    private final Thread thread;
    private boolean closed;

    private LinkWatch(LibC libc, LinkMonitor monitor, Executor executor, Listener listener, int wakeUp) {
        this.libc = libc;
        this.monitor = monitor;
        this.executor = executor;
        this.listener = listener;
        this.wakeUp = wakeUp;
        thread = new Thread(this::run, "link-watch");
        thread.setDaemon(true);
    }

    /** Takes events. */
    @FunctionalInterface
    public interface Listener {

        /**
         * Something happened to a link.
         *
         * @param event what happened
         */
        void linkEvent(LinkEvent event);

        /**
         * The watch has ended by itself. Nothing is done by default.
         *
         * @param cause why
         */
        default void failed(TapException cause) {}
    }

    /**
     * Starts to watch.
     *
     * @param monitor the monitor, which belongs to the watch from now on
     * @param executor runs the listener; the order of events is that of a single-threaded one
     * @param listener takes the events
     * @return the watch, to be closed by the caller
     * @throws TapException if the kernel gives no descriptor for it; the monitor is closed then
     */
    public static LinkWatch start(LinkMonitor monitor, Executor executor, Listener listener) throws TapException {
        LibC libc = LibC.get();
        int wakeUp = libc.eventfd(0, EFD_FLAGS);
        if (wakeUp < 0) {
            monitor.close();
            throw TapException.ofCall("eventfd", "", -wakeUp);
        }
        LinkWatch watch = new LinkWatch(libc, monitor, executor, listener, wakeUp);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            deliver();
        } catch (RejectedExecutionException e) {
            return; // The executor was shut down, so nobody listens any more.
        }
    }

    private void deliver() {
        try {
            while (true) {
                PollFd waiting = new PollFd(monitor.fd(), wakeUp);
                int ready = waiting.poll(libc, FOREVER);
                if (ready < 0) {
                    throw TapException.ofCall("poll", "", -ready);
                }
                if (waiting.isReady(1)) {
                    return;
                }
                monitor.poll(event -> executor.execute(() -> listener.linkEvent(event)));
            }
        } catch (TapException e) {
            executor.execute(() -> listener.failed(e));
        }
    }

    /**
     * Ends the watch and waits for its thread; events that were given to the executor may still be delivered. Not to be
     * called from the listener on an executor that runs it on the watch's own thread.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        libc.write(wakeUp, Structs.allocate(Long.BYTES).putLong(0, 1));
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        monitor.close();
        libc.close(wakeUp);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
