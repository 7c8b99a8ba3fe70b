/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.LibC;

/** Lets the tests of other packages put a failing C library under rtnetlink. */
public final class RtnetlinkOn {

    private RtnetlinkOn() {}

    @SuppressWarnings("exports") // The tests are compiled into the module.
    public static Rtnetlink open(LibC libc) throws NetlinkException {
        return Rtnetlink.open(libc);
    }
}
