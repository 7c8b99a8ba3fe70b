/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;

import java.io.IOException;

/**
 * A channel on an epoll event loop: level-triggered, one {@code read} and one {@code write} a frame.
 *
 * <p>The interest never becomes empty. {@code EPOLLERR} alone would not notice a deleted interface, and a mask of zero
 * takes the descriptor out of epoll for good; {@code EPOLLERR|EPOLLPRI} is noticed at once and never reports a frame.
 */
final class EpollTapIo extends TapIo implements EpollIoHandle {

    // uapi/linux/eventpoll.h; Netty has no constant for PRI and HUP.
    private static final int IN = 0x01;
    private static final int PRI = 0x02;
    private static final int OUT = 0x04;
    private static final int ERR = 0x08;
    private static final int HUP = 0x10;

    private static final int IDLE = ERR | PRI;

    /** The four masks, by {@code IN|OUT}: EpollIoOps.valueOf would make a new object each time. */
    private static final EpollIoOps[] OPS = new EpollIoOps[(IN | OUT) + 1];

    static {
        for (int interest : new int[] {0, IN, OUT, IN | OUT}) {
            OPS[interest] = EpollIoOps.valueOf(IDLE | interest);
        }
    }

    private final TapChannel channel;
    private final FileDescriptor fd;
    private final LoopBuffers buffers;
    private final SystemCallReads reads;
    private final RestPolicy restPolicy;

    /** Never asleep: epoll tells of the frames again in the next turn. */
    private final RestPolicy.Entry rest = new RestPolicy.Entry(() -> {});

    private IoRegistration registration;
    private int interest;

    /** @param buffers acquired for this, which releases them */
    EpollTapIo(TapChannel channel, TapEndpoint endpoint, LoopBuffers buffers, FrameCopier copier) {
        this.channel = channel;
        this.buffers = buffers;
        fd = endpoint.fd();
        restPolicy = channel.resources().restPolicy();
        reads = new SystemCallReads(
                channel, endpoint, buffers.slabs(), copier, channel.config().getHeadroom(), rest);
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
        registration.submit(OPS[0]);
    }

    @Override
    void beginRead() {
        interest(interest | IN);
    }

    @Override
    void stopRead() {
        interest(interest & ~IN);
    }

    private void interest(int wanted) {
        if (wanted != interest && registration != null) {
            interest = wanted;
            registration.submit(OPS[wanted]);
        }
    }

    @Override
    boolean isWriteBlocked() {
        return (interest & OUT) != 0;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        try {
            handle(((EpollIoEvent) event).ops().value());
        } catch (Throwable cause) {
            channel.closeWith(cause);
        }
    }

    private void handle(int ready) {
        // Writing first, as it frees what the reading will need again.
        if ((ready & OUT) != 0) {
            channel.resumeWrites();
        }
        if ((ready & (IN | HUP)) != 0 && (interest & IN) != 0) {
            if (!restPolicy.rests(rest)) {
                reads.readBatch();
            }
        } else if ((ready & HUP) != 0 && channel.isOpen()) {
            // Only a socket in place of a TAP reports this. It would be reported for ever, and there is no reader.
            channel.failures().peerClosed();
        }
        if ((ready & ERR) != 0 && channel.isOpen()) {
            channel.failures().deviceFailed();
        }
    }

    @Override
    void write(ChannelOutboundBuffer in) throws IOException {
        switch (channel.writeLoop().writeAll(in)) {
            case BLOCKED:
                interest(interest | OUT);
                break;
            case MORE:
                // The device is not blocked, so waiting for EPOLLOUT would be wrong; it never comes while the link is
                // down.
                interest(interest & ~OUT);
                channel.scheduleFlush();
                break;
            default:
                interest(interest & ~OUT);
        }
    }

    @Override
    void abandonWrites() {
        // None is ever in flight.
    }

    @Override
    void whenIdle(Runnable task) {
        task.run();
    }

    @Override
    void deregister() {
        // Before the descriptor is closed: the number may be another descriptor's at once, and epoll's table goes by
        // number.
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        restPolicy.forget(rest);
        interest = 0;
        buffers.release();
    }

    @Override
    public void close() {
        channel.unsafe().close(channel.unsafe().voidPromise());
    }
}
