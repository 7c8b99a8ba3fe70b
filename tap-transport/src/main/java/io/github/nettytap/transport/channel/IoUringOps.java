/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.uring.IoUringIoOps;

/**
 * The io_uring operations that a TAP needs, from their numbers in uapi/linux/io_uring.h and uapi/linux/fs.h; Netty
 * keeps its own factories to itself.
 *
 * <p>The data of an operation comes back with its completion. It has 16 bits, since Netty packs that much into the
 * ring's user data and keeps a table for anything larger.
 */
final class IoUringOps {

    static final byte OP_WRITEV = 2;
    static final byte OP_POLL_ADD = 6;
    static final byte OP_RECVMSG = 10;
    static final byte OP_ASYNC_CANCEL = 14;
    static final byte OP_READ = 22;
    static final byte OP_WRITE = 23;

    /**
     * Never wait for the device: completes with EAGAIN rather than pend. A driver that cannot promise that answers
     * EOPNOTSUPP; that of TAPs can since Linux 6.4.
     */
    static final int RWF_NOWAIT = 0x8;

    // linux/socket.h
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;

    private IoUringOps() {}

    /** @param flags {@code RWF_*}, as for the other transfers */
    static IoUringIoOps read(int fd, long address, int length, int flags, short data) {
        return transfer(OP_READ, fd, address, length, flags, data);
    }

    static IoUringIoOps write(int fd, long address, int length, int flags, short data) {
        return transfer(OP_WRITE, fd, address, length, flags, data);
    }

    /** Never waits. The msghdr must stay as it is until the operation completes, and the kernel writes to it. */
    static IoUringIoOps recvmsg(int fd, long msghdr, short data) {
        return transfer(OP_RECVMSG, fd, msghdr, 1, MSG_DONTWAIT | MSG_TRUNC, data);
    }

    /** The iovecs must stay as they are until the operation is submitted, the memory until it completes. */
    static IoUringIoOps writev(int fd, long iovecs, int count, int flags, short data) {
        return transfer(OP_WRITEV, fd, iovecs, count, flags, data);
    }

    private static IoUringIoOps transfer(byte opcode, int fd, long address, int length, int flags, short data) {
        return new IoUringIoOps(
                opcode,
                (byte) 0,
                (short) 0,
                fd,
                /* offset, which a device has none of */ 0L,
                address,
                length,
                flags,
                (long) data,
                (short) 0,
                (short) 0,
                0,
                0L);
    }

    /**
     * Completes once, when one of the events is there. Unlike poll(2), this reports POLLERR only to those who ask for
     * it.
     */
    static IoUringIoOps poll(int fd, int events, short data) {
        return new IoUringIoOps(
                OP_POLL_ADD, (byte) 0, (short) 0, fd, 0L, 0L, 0, events, (long) data, (short) 0, (short) 0, 0, 0L);
    }

    /**
     * Cancels the operation whose submission returned the id; it then completes with ECANCELED, if it has not already.
     */
    static IoUringIoOps cancel(long id) {
        return new IoUringIoOps(
                OP_ASYNC_CANCEL, (byte) 0, (short) 0, -1, 0L, id, 0, 0, 0L, (short) 0, (short) 0, 0, 0L);
    }
}
