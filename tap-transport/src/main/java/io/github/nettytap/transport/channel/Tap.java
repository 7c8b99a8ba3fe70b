/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.TapAvailability;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;

/**
 * Tells whether TAP devices can be opened as channels in this process: on Linux, with native code that loads, a device
 * node that opens, the driver behind it, and Netty's native library for epoll or io_uring.
 *
 * <p>Whether this user may make an interface is another question, which the attempt answers. A process that receives
 * open devices from another one needs no node: an event loop is enough for it, which {@link TapIoType#isAvailable()}
 * tells.
 */
public final class Tap {

    private Tap() {}

    /**
     * Tells whether TAP devices can be opened as channels. It opens the device node to know.
     *
     * @return true if nothing is in the way but perhaps a right
     */
    public static boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /**
     * Ensures that TAP devices can be opened as channels.
     *
     * @throws UnsatisfiedLinkError with the cause if they cannot
     */
    public static void ensureAvailability() {
        throwIf(unavailabilityCause());
    }

    /**
     * Tells why TAP devices cannot be opened as channels: the first obstacle, with advice in its message. Throws
     * nothing, on any operating system.
     *
     * @return the cause, or null if they can be
     */
    public static Throwable unavailabilityCause() {
        Throwable obstacle = TapAvailability.obstacle().orElse(null);
        return obstacle == null ? eventLoopUnavailabilityCause() : obstacle;
    }

    static void ensureEventLoop() {
        throwIf(eventLoopUnavailabilityCause());
    }

    private static Throwable eventLoopUnavailabilityCause() {
        return Epoll.isAvailable() || IoUring.isAvailable()
                ? null
                : TapAvailability.withoutEventLoop(Epoll.unavailabilityCause());
    }

    private static void throwIf(Throwable cause) {
        if (cause != null) {
            throw (Error) new UnsatisfiedLinkError(cause.getMessage()).initCause(cause);
        }
    }
}
