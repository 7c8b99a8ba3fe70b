/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/**
 * One descriptor and one byte of data over a Unix stream socket (unix(7), SCM_RIGHTS).
 *
 * <pre>
 * msghdr:    0 name    8 name length u32   16 iovecs   24 count u64   32 control   40 control length u64   48 flags i32
 * iovec:     0 base    8 length u64
 * cmsghdr:   0 length u64    8 level i32   12 type i32   16 the descriptor i32
 * </pre>
 *
 * <p>The byte is there because a stream carries no message without data. Netty's domain-socket channels send and
 * receive descriptors in the same way.
 */
public final class ScmRights {

    private static final int MSGHDR_SIZE = 56;
    private static final int IOVEC_SIZE = 16;
    private static final int CONTROL_LENGTH = 20;
    private static final int NONE = -1;

    private final ByteBuffer data = Structs.allocate(1);
    private final ByteBuffer control = Structs.allocate(24);
    private final ByteBuffer iovec = Structs.allocate(IOVEC_SIZE);
    private final ByteBuffer header = Structs.allocate(MSGHDR_SIZE);

    private ScmRights(LibC libc) {
        iovec.putLong(0, libc.addressOf(data)).putLong(8, data.capacity());
        header.putLong(16, libc.addressOf(iovec)).putLong(24, 1);
        // Not the padded size, which has room for a second descriptor that nobody would close.
        header.putLong(32, libc.addressOf(control)).putLong(40, CONTROL_LENGTH);
    }

    /** Returns the bytes sent, that is 1, or the negated errno. */
    public static int send(LibC libc, int socket, int fd, int value) {
        ScmRights message = new ScmRights(libc);
        message.data.put(0, (byte) value);
        message.control
                .putLong(0, CONTROL_LENGTH)
                .putInt(8, Sockets.SOL_SOCKET)
                .putInt(12, Sockets.SCM_RIGHTS)
                .putInt(16, fd);
        try {
            return Retry.onInterrupt(() -> libc.sendmsg(socket, message.header, Sockets.MSG_NOSIGNAL));
        } finally {
            Reference.reachabilityFence(message);
        }
    }

    /**
     * Returns the byte that came with the descriptor (0 to 255), or the negated errno: ECONNRESET if the peer has
     * closed, EBADF if the message carried no descriptor or more than one. The descriptor is close-on-exec.
     *
     * @param received where the descriptor is put
     */
    public static int receive(LibC libc, int socket, int[] received) {
        ScmRights message = new ScmRights(libc);
        received[0] = NONE;
        int result;
        try {
            result = Retry.onInterrupt(() -> libc.recvmsg(socket, message.header, Sockets.MSG_CMSG_CLOEXEC));
        } finally {
            Reference.reachabilityFence(message);
        }
        if (result < 0) {
            return result;
        }
        int fd = message.descriptor();
        if (result == 0) {
            return -Errno.ECONNRESET.number();
        }
        if ((message.header.getInt(48) & Sockets.MSG_CTRUNC) != 0 && fd != NONE) {
            libc.close(fd);
            return -Errno.EBADF.number();
        }
        if (fd == NONE) {
            return -Errno.EBADF.number();
        }
        received[0] = fd;
        return message.data.get(0) & 0xff;
    }

    private int descriptor() {
        boolean present = header.getLong(40) >= CONTROL_LENGTH
                && control.getLong(0) == CONTROL_LENGTH
                && control.getInt(8) == Sockets.SOL_SOCKET
                && control.getInt(12) == Sockets.SCM_RIGHTS;
        return present ? control.getInt(16) : NONE;
    }
}
