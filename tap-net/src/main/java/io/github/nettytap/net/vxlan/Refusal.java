/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.netty.channel.unix.Errors.NativeIoException;

/** What a failed write says of trains of datagrams. Numbers from asm-generic/errno.h; reasons from udp_send_skb. */
enum Refusal {
    /** Nothing: single datagrams would fail, too. */
    NONE,
    /** EMSGSIZE: a datagram of this length does not fit the path, and is not cut further. */
    OF_LENGTH,
    /** EINVAL, EIO: not here, for reasons of the socket, the route or the device. */
    OF_TRAINS;

    private static final int EIO = -5;
    private static final int EINVAL = -22;
    private static final int EMSGSIZE = -90;

    static Refusal of(Throwable cause) {
        if (!(cause instanceof NativeIoException)) {
            return NONE;
        }
        return switch (((NativeIoException) cause).expectedErr()) {
            case EMSGSIZE -> OF_LENGTH;
            case EIO, EINVAL -> OF_TRAINS;
            default -> NONE;
        };
    }
}
