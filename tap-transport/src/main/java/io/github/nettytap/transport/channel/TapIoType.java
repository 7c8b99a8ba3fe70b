/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.NowaitSupport;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;

import java.util.function.BooleanSupplier;

/** The kernel interface that an event loop waits and works with. */
public enum TapIoType {
    /** epoll(7), and one {@code read} or {@code write} a frame. */
    EPOLL {
        @Override
        public Throwable unavailabilityCause() {
            return Epoll.unavailabilityCause();
        }
    },
    /**
     * io_uring(7), with batches of reads and writes. Carries more small frames; with segmentation offload it is even.
     */
    IO_URING {
        @Override
        public Throwable unavailabilityCause() {
            return IoUring.unavailabilityCause();
        }
    };

    /**
     * Tells why loops of this type cannot be made here.
     *
     * @return the cause, or null if they can
     */
    public abstract Throwable unavailabilityCause();

    /**
     * Tells whether loops of this type can be made here.
     *
     * @return true if the kernel and Netty's native library support it
     */
    public boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /**
     * The better of the types that are available: io_uring where the tun driver can do without waiting, as batches
     * need, or else epoll. That is tried on a descriptor each time, whatever the version of the kernel.
     *
     * @return the type
     * @throws UnsatisfiedLinkError if there is none
     */
    public static TapIoType best() {
        Tap.ensureEventLoop();
        return best(IO_URING.isAvailable(), EPOLL.isAvailable(), NowaitSupport::isAvailable);
    }

    static TapIoType best(boolean ioUring, boolean epoll, BooleanSupplier nowait) {
        return ioUring && (!epoll || nowait.getAsBoolean()) ? IO_URING : EPOLL;
    }
}
