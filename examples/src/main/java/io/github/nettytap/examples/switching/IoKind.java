/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.switching;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;

/** What drives the event loops: the only thing about them that a user may want to choose. */
public enum IoKind {
    /** One system call a frame; the better choice with offloads, where frames are few and large. */
    EPOLL {
        @Override
        IoHandlerFactory factory() {
            Epoll.ensureAvailability();
            return EpollIoHandler.newFactory();
        }
    },
    /** Batches of frames in one system call; the better choice for many small frames. */
    IO_URING {
        @Override
        IoHandlerFactory factory() {
            IoUring.ensureAvailability();
            return IoUringIoHandler.newFactory();
        }
    };

    abstract IoHandlerFactory factory();
}
