/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.LibC;
import io.netty.channel.unix.FileDescriptor;

import java.util.EnumMap;
import java.util.Map;

/**
 * Lets chosen reads and writes of a channel fail, by the kernel itself: such a call goes to another descriptor, of
 * which the kernel knows no better. So io_uring fails them too, in the midst of a batch.
 */
final class FailingCalls implements AutoCloseable {

    /** How a call can fail. */
    enum Fault {
        READ_WOULD_BLOCK,
        READ_REFUSED,
        WRITE_WOULD_BLOCK,
        WRITE_REFUSED,

        /** This call and all later ones, in both directions, as of a device that is gone. */
        GONE;

        boolean isRead() {
            return this == READ_WOULD_BLOCK || this == READ_REFUSED;
        }
    }

    /** Opens descriptors on which calls fail. */
    interface Opening {
        int open(Fault fault);
    }

    private final Opening opening;
    private final Map<Fault, FileDescriptor> standIns = new EnumMap<>(Fault.class);
    private final Runnable closing;
    private Fault armed;
    private int calls;
    private volatile boolean gone;

    /** @param closing run when the descriptors are closed */
    FailingCalls(Opening opening, Runnable closing) {
        this.opening = opening;
        this.closing = closing;
    }

    /** Lets a call fail after so many that do not. */
    synchronized void arm(Fault fault, int after) {
        if (!gone) {
            armed = fault;
            calls = after;
        }
    }

    /** No call fails any more, unless the device is gone. */
    synchronized void disarm() {
        armed = null;
    }

    /** Whether a call has failed as of a device that is gone. */
    boolean isGone() {
        return gone;
    }

    synchronized FileDescriptor read(FileDescriptor real) {
        return next(real, true);
    }

    synchronized FileDescriptor write(FileDescriptor real) {
        return next(real, false);
    }

    private FileDescriptor next(FileDescriptor real, boolean read) {
        if (gone) {
            return standIn(Fault.GONE);
        }
        if (armed == null || armed != Fault.GONE && armed.isRead() != read || calls-- > 0) {
            return real;
        }
        Fault fault = armed;
        armed = null;
        gone = fault == Fault.GONE;
        return standIn(fault);
    }

    private FileDescriptor standIn(Fault fault) {
        return standIns.computeIfAbsent(fault, f -> new FileDescriptor(opening.open(f)));
    }

    @Override
    public synchronized void close() {
        for (FileDescriptor standIn : standIns.values()) {
            LibC.get().close(standIn.intValue());
        }
        standIns.clear();
        closing.run();
    }
}
