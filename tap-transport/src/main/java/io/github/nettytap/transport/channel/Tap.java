/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;

/**
 * Tells whether TAP channels can be used in this process: on Linux, with Netty's native library for epoll or io_uring.
 *
 * <p>Whether a device can be opened is another question, which the attempt answers: an opened descriptor may be received
 * where {@code /dev/net/tun} does not even exist.
 */
public final class Tap {

    private Tap() {}

    /**
     * Tells whether TAP channels can be used.
     *
     * @return true if an event loop for them can be made
     */
    public static boolean isAvailable() {
        return Epoll.isAvailable() || IoUring.isAvailable();
    }

    /**
     * Ensures that TAP channels can be used.
     *
     * @throws UnsatisfiedLinkError with the cause if they cannot
     */
    public static void ensureAvailability() {
        if (!isAvailable()) {
            throw (Error) new UnsatisfiedLinkError(
                            "no event loop for TAP channels: add netty-transport-native-epoll with the classifier of this"
                                    + " machine, linux-x86_64 or linux-aarch_64, to the runtime class path")
                    .initCause(unavailabilityCause());
        }
    }

    /**
     * Tells why TAP channels cannot be used.
     *
     * @return the cause, or null if they can be used
     */
    public static Throwable unavailabilityCause() {
        return isAvailable() ? null : Epoll.unavailabilityCause();
    }
}
