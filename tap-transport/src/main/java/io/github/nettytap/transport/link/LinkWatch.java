/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.link;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.PollFd;
import io.github.nettytap.transport.linux.Structs;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Runs a {@link LinkMonitor} on a thread of its own and delivers its events through an executor.
 *
 * <pre>{@code
 * try (LinkWatch watch = LinkWatch.start(NetworkNamespace.current(), executor, event -> log(event))) {
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
     * Watches all links of a network namespace.
     *
     * @param namespace the namespace, which is needed only until the watch has started
     * @param executor runs the listener; the order of events is that of a single-threaded one
     * @param listener takes the events
     * @return the watch, to be closed by the caller
     * @throws TapException if the kernel refuses
     */
    public static LinkWatch start(NetworkNamespace namespace, Executor executor, Listener listener)
            throws TapException {
        return start(LinkMonitor.open(namespace), executor, listener, LinkMonitor::subscribeToAll);
    }

    /**
     * Watches the interface of a device alone, until it is deleted or moved to another network namespace.
     *
     * @param device the device
     * @param executor runs the listener; the order of events is that of a single-threaded one
     * @param listener takes the events
     * @return the watch, to be closed by the caller
     * @throws TapException if the kernel refuses, or the interface is gone
     */
    public static LinkWatch start(TapDevice device, Executor executor, Listener listener) throws TapException {
        try (NetworkNamespace namespace = device.namespace()) {
            return start(
                    LinkMonitor.open(namespace),
                    executor,
                    listener,
                    (monitor, events) -> monitor.subscribe(device.link(), events));
        }
    }

    private interface Subscribing {
        LinkMonitor.Subscription to(LinkMonitor monitor, Consumer<LinkEvent> events) throws TapException;
    }

    private static LinkWatch start(LinkMonitor monitor, Executor executor, Listener listener, Subscribing subscribing)
            throws TapException {
        LibC libc = LibC.get();
        LinkWatch watch = null;
        int wakeUp = -1;
        try {
            wakeUp = libc.eventfd(0, EFD_FLAGS);
            if (wakeUp < 0) {
                throw TapException.ofCall("eventfd", "", -wakeUp);
            }
            subscribing.to(monitor, event -> hand(executor, () -> listener.linkEvent(event)));
            watch = new LinkWatch(libc, monitor, executor, listener, wakeUp);
            watch.thread.start();
            return watch;
        } finally {
            if (watch == null) {
                monitor.close();
                if (wakeUp >= 0) {
                    libc.close(wakeUp);
                }
            }
        }
    }

    private void run() {
        try {
            watch();
        } catch (TapException e) {
            hand(executor, () -> listener.failed(e));
        }
    }

    private void watch() throws TapException {
        boolean complete = true;
        while (true) {
            PollFd waiting = new PollFd(monitor.fd(), wakeUp);
            int ready = waiting.poll(libc, complete ? FOREVER : 0);
            if (ready < 0) {
                throw TapException.ofCall("poll", "", -ready);
            }
            if (waiting.isReady(1)) {
                return;
            }
            if (!complete) {
                monitor.relist();
            }
            complete = monitor.poll();
        }
    }

    private static void hand(Executor executor, Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            return; // It was shut down, so nobody listens any more.
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
