/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.link.LinkEvent;
import io.github.nettytap.transport.link.LinkMonitor;
import io.netty.channel.ChannelPipeline;
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

/**
 * Watches the link of a channel on the channel's own event loop, and tells what happens to it as user events.
 *
 * <p>Independent of reading: the monitor has a descriptor of its own. When the link moves to another network namespace, it
 * is followed there. On the event loop only.
 */
final class LinkEvents {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(LinkEvents.class);

    private final ChannelPipeline pipeline;
    private final TapDevice device;
    private final IoEventLoop loop;
    private Watch watch;
    private boolean moved;

    LinkEvents(ChannelPipeline pipeline, TapDevice device, IoEventLoop loop) {
        this.pipeline = pipeline;
        this.device = device;
        this.loop = loop;
    }

    /** May block for as long as it takes to open a netlink socket in the namespace of the device. */
    void start() throws IOException {
        LinkMonitor monitor;
        try (NetworkNamespace namespace = device.namespace()) {
            monitor = LinkMonitor.open(namespace);
        }
        try {
            monitor.subscribe(device.link(), this::deliver);
            watch = loop.isCompatible(EpollWatch.class) ? new EpollWatch(monitor) : new IoUringWatch(monitor);
            watch.start(loop.register(watch.handle()).syncUninterruptibly().getNow());
            monitor = null;
        } finally {
            if (monitor != null) {
                monitor.close();
            }
        }
    }

    void stop() {
        if (watch != null) {
            watch.stop();
            watch = null;
        }
    }

    private void ready(LinkMonitor monitor) {
        try {
            if (!monitor.poll() && watch != null) {
                monitor.relist();
                monitor.poll();
            }
            if (moved && watch != null) {
                moved = false;
                stop();
                start();
            }
        } catch (IOException e) {
            LOGGER.warn("{} no longer tells link events", pipeline.channel(), e);
            stop();
        }
    }

    private void deliver(LinkEvent event) {
        moved |= event.kind() == LinkEvent.Kind.MOVED;
        pipeline.fireUserEventTriggered(event);
    }

    private abstract class Watch {

        final LinkMonitor monitor;
        IoRegistration registration;

        Watch(LinkMonitor monitor) {
            this.monitor = monitor;
        }

        abstract IoHandle handle();

        abstract void start(IoRegistration registration);

        abstract void stop();
    }

    private final class EpollWatch extends Watch implements EpollIoHandle {

        private final FileDescriptor fd;

        EpollWatch(LinkMonitor monitor) {
            super(monitor);
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
        void start(IoRegistration registration) {
            this.registration = registration;
            registration.submit(EpollIoOps.EPOLLIN);
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            ready(monitor);
        }

        @Override
        void stop() {
            registration.cancel();
            monitor.close();
        }

        @Override
        public void close() {
            LinkEvents.this.stop();
        }
    }

    /** A poll that completes once and is armed again; the monitor stays open until nothing refers to it. */
    private final class IoUringWatch extends Watch implements IoUringIoHandle {

        private final IoUringPoll poll;
        private boolean stopping;

        IoUringWatch(LinkMonitor monitor) {
            super(monitor);
            poll = new IoUringPoll(monitor.fd(), IoUringPoll.IN | IoUringPoll.ERR, 0);
        }

        @Override
        IoHandle handle() {
            return this;
        }

        @Override
        void start(IoRegistration registration) {
            this.registration = registration;
            poll.arm(registration);
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            IoUringIoEvent completion = (IoUringIoEvent) event;
            if (completion.opcode() != IoUringOps.OP_POLL_ADD || !poll.completes(completion.userData())) {
                return;
            }
            if (!stopping) {
                ready(monitor);
            }
            if (stopping) {
                end();
            } else {
                poll.arm(registration);
            }
        }

        @Override
        void stop() {
            stopping = true;
            if (poll.isArmed()) {
                poll.cancel(registration);
            }
        }

        private void end() {
            registration.cancel();
            monitor.close();
        }

        @Override
        public void close() {
            LinkEvents.this.stop();
        }
    }
}
