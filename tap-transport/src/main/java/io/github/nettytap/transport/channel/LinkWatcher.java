/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.link.LinkEvent;
import io.github.nettytap.transport.link.LinkMonitor;
import io.github.nettytap.transport.netlink.Link;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.uring.IoUringIoEvent;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * The one watch of the links of a network namespace that the channels of an event loop share.
 *
 * <p>On the event loop only. Nothing here waits: where the kernel has dropped notifications, another thread asks for
 * all links, and meanwhile the loop does not look at the descriptor.
 */
abstract class LinkWatcher {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(LinkWatcher.class);

    final LinkMonitor monitor;
    IoRegistration registration;
    private final IoEventLoop loop;
    private final Runnable forget;
    private int users;
    private boolean polling;
    private boolean ended;

    private LinkWatcher(LinkMonitor monitor, IoEventLoop loop, Runnable forget) {
        this.monitor = monitor;
        this.loop = loop;
        this.forget = forget;
    }

    /**
     * Makes a watcher on the loop's thread.
     *
     * @param monitor closed with the watcher, or if this fails
     * @param forget run when the watcher ends
     */
    static LinkWatcher start(LinkMonitor monitor, IoEventLoop loop, Runnable forget) {
        LinkWatcher watcher = loop.isCompatible(OnEpoll.class)
                ? new OnEpoll(monitor, loop, forget)
                : new OnIoUring(monitor, loop, forget);
        boolean started = false;
        try {
            // On the loop's own thread the registration is complete when register returns.
            watcher.registration =
                    loop.register(watcher.handle()).syncUninterruptibly().getNow();
            watcher.look();
            started = true;
        } finally {
            if (!started) {
                monitor.close();
            }
        }
        return watcher;
    }

    abstract IoHandle handle();

    /** Waits for the descriptor to become readable. */
    abstract void look();

    /** Does not wait for it. */
    abstract void lookAway();

    /** Leaves the loop and closes the monitor. */
    abstract void leave();

    /** Reports what happens to a link. */
    LinkMonitor.Subscription subscribe(Link link, Consumer<? super LinkEvent> listener) {
        users++;
        return monitor.subscribe(link, listener);
    }

    /** The watcher ends with its last subscription. */
    void unsubscribe(LinkMonitor.Subscription subscription) {
        subscription.close();
        if (--users == 0) {
            end();
        }
    }

    final boolean hasEnded() {
        return ended;
    }

    /** There is something to read. */
    final void ready() {
        if (ended || polling) {
            return;
        }
        polling = true;
        try {
            if (!monitor.poll() && !ended) {
                lookAway();
                BlockingTasks.execute(this::relist);
            }
        } catch (IOException e) {
            failed(e);
        } finally {
            polling = false;
        }
        if (ended) {
            leave(); // By a listener, which is called in the middle of a poll.
        }
    }

    /** On another thread. */
    private void relist() {
        IOException failure = null;
        try {
            monitor.relist();
        } catch (IOException e) {
            failure = e;
        }
        IOException cause = failure;
        try {
            loop.execute(() -> relisted(cause));
        } catch (RejectedExecutionException e) {
            LOGGER.debug("the event loop has ended", e);
        }
    }

    private void relisted(IOException failure) {
        if (!ended) {
            if (failure == null) {
                look();
                ready();
            } else {
                failed(failure);
            }
        }
    }

    private void failed(IOException cause) {
        LOGGER.warn("link events are no longer reported", cause);
        end();
    }

    private void end() {
        if (!ended) {
            ended = true;
            forget.run();
            if (!polling) {
                leave();
            }
        }
    }

    private static final class OnEpoll extends LinkWatcher implements EpollIoHandle {

        /** Only errors and urgent data, which netlink has none of: an empty interest would end the registration. */
        private static final EpollIoOps AWAY = EpollIoOps.valueOf(0x02);

        private final FileDescriptor fd;

        OnEpoll(LinkMonitor monitor, IoEventLoop loop, Runnable forget) {
            super(monitor, loop, forget);
            fd = new FileDescriptor(monitor.fd());
        }

        @Override
        IoHandle handle() {
            return this;
        }

        @Override
        public FileDescriptor fd() {
            return fd;
        }

        @Override
        void look() {
            registration.submit(EpollIoOps.EPOLLIN);
        }

        @Override
        void lookAway() {
            registration.submit(AWAY);
        }

        @Override
        void leave() {
            registration.cancel();
            monitor.close();
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            ready();
        }

        @Override
        public void close() {
            super.end();
        }
    }

    /** A poll that completes once and is armed again; the monitor stays open until nothing refers to it. */
    private static final class OnIoUring extends LinkWatcher implements IoUringIoHandle {

        private final IoUringPoll poll;
        private boolean looking;
        private boolean leaving;

        OnIoUring(LinkMonitor monitor, IoEventLoop loop, Runnable forget) {
            super(monitor, loop, forget);
            poll = new IoUringPoll(monitor.fd(), IoUringPoll.IN | IoUringPoll.ERR, 0);
        }

        @Override
        IoHandle handle() {
            return this;
        }

        @Override
        void look() {
            looking = true;
            poll.arm(registration);
        }

        @Override
        void lookAway() {
            looking = false;
        }

        @Override
        void leave() {
            leaving = true;
            if (poll.isArmed()) {
                poll.cancel(registration);
            } else {
                registration.cancel();
                monitor.close();
            }
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            IoUringIoEvent completion = (IoUringIoEvent) event;
            if (completion.opcode() != IoUringOps.OP_POLL_ADD || !poll.completes(completion.userData())) {
                return;
            }
            if (leaving) {
                leave();
            } else if (looking) {
                ready();
                if (looking && !hasEnded()) {
                    poll.arm(registration);
                }
            }
        }

        @Override
        public void close() {
            super.end();
        }
    }
}
