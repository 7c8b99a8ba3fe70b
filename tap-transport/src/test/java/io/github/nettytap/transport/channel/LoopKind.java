/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.uring.IoUringIoHandler;

/** The ways in which a loop can carry frames. */
enum LoopKind {
    EPOLL(TapIoType.EPOLL, IoUringOps.RWF_NOWAIT),

    /** Batches of reads and writes. */
    IO_URING(TapIoType.IO_URING, IoUringOps.RWF_NOWAIT),

    /**
     * As before Linux 6.4, whose tun driver knows no RWF_NOWAIT: a flag that no kernel knows is answered in the same
     * way (EOPNOTSUPP), so that io_uring only waits, and each frame is a system call.
     */
    IO_URING_WITHOUT_NOWAIT(TapIoType.IO_URING, IoUringOps.RWF_NOWAIT | 1 << 30);

    private final TapIoType io;
    private final int transferFlags;

    LoopKind(TapIoType io, int transferFlags) {
        this.io = io;
        this.transferFlags = transferFlags;
    }

    TapIoType io() {
        return io;
    }

    /** What the endpoint of a channel is to answer. */
    int transferFlags() {
        return transferFlags;
    }

    IoHandlerFactory handlerFactory() {
        return io == TapIoType.EPOLL ? EpollIoHandler.newFactory() : IoUringIoHandler.newFactory();
    }
}
