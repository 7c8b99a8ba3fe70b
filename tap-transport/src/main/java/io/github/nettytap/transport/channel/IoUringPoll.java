/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoRegistration;
import io.netty.channel.uring.IoUringIoOps;

/** One kind of event that is waited for: a poll that is armed, completes once, and can be armed again. */
final class IoUringPoll {

    // asm-generic/poll.h
    static final int IN = 0x01;
    static final int OUT = 0x04;
    static final int ERR = 0x08;
    static final int HUP = 0x10;
    static final int RDBAND = 0x80;

    private final IoUringIoOps ops;
    private final short data;
    private long id;
    private boolean cancelling;

    IoUringPoll(int fd, int events, int data) {
        this.data = (short) data;
        ops = IoUringOps.poll(fd, events, this.data);
    }

    boolean isArmed() {
        return id != 0;
    }

    /** Returns the number of operations submitted. */
    int arm(IoRegistration registration) {
        if (isArmed()) {
            return 0;
        }
        id = registration.submit(ops);
        return isArmed() ? 1 : 0;
    }

    /** Returns the number of operations submitted. */
    int cancel(IoRegistration registration) {
        if (!isArmed() || cancelling) {
            return 0;
        }
        cancelling = registration.submit(IoUringOps.cancel(id)) != 0;
        return cancelling ? 1 : 0;
    }

    /** Whether the completion with this data is ours; if so, the poll is no longer armed. */
    boolean completes(long data) {
        if (data != this.data) {
            return false;
        }
        id = 0;
        cancelling = false;
        return true;
    }
}
