/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Structs;

import java.nio.ByteBuffer;

/**
 * Whether the tun driver of this kernel can promise not to wait for a device ({@code RWF_NOWAIT}, preadv2(2)), as
 * batches of io_uring operations need. It can since Linux 6.4, but kernels of distributions are not what their version
 * says.
 */
public final class NowaitSupport {

    /** From uapi/linux/fs.h. */
    private static final int RWF_NOWAIT = 0x8;

    private NowaitSupport() {}

    /**
     * Tries it on a descriptor of {@code /dev/net/tun} that is attached to no interface.
     *
     * @return false if the driver cannot; true if it can, or if that cannot be found out here, since there is no device
     *     node that may be opened or no native library
     */
    public static boolean isAvailable() {
        try {
            return isAvailable(LibC.get());
        } catch (LinkageError e) {
            return true;
        }
    }

    static boolean isAvailable(LibC libc) {
        int fd = libc.open(TapFile.DEVICE_NODE, Fcntl.O_RDWR | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC);
        if (fd < 0) {
            return true;
        }
        try {
            // The flag is checked before the driver says that there is no interface (EBADFD).
            ByteBuffer nowhere = Structs.allocate(Long.BYTES);
            return !Errno.EOPNOTSUPP.is(libc.preadv2(fd, nowhere, RWF_NOWAIT));
        } finally {
            libc.close(fd);
        }
    }
}
