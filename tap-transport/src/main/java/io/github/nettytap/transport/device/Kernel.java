/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;

/** The two doors to the kernel that the package goes through; tests put failing ones in their place. */
final class Kernel {

    /** Opens an rtnetlink socket in the network namespace of the calling thread. */
    interface RtnetlinkSource {
        Rtnetlink open() throws NetlinkException;
    }

    private final LibC libc;
    private final RtnetlinkSource rtnetlink;

    Kernel(LibC libc, RtnetlinkSource rtnetlink) {
        this.libc = libc;
        this.rtnetlink = rtnetlink;
    }

    LibC libc() {
        return libc;
    }

    Rtnetlink openRtnetlink() throws NetlinkException {
        return rtnetlink.open();
    }
}
