/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;

import java.io.IOException;

/**
 * A channel on one end of a {@code SOCK_SEQPACKET} pair, which keeps frame boundaries like a TAP, needs no privilege, and
 * blocks and ends like no TAP does.
 */
final class SocketpairSubject implements Subject {

    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;

    private final TapChannel channel;
    private final FdPeer peer;

    SocketpairSubject() {
        this(0);
    }

    SocketpairSubject(int vnetHeaderSize) {
        this(vnetHeaderSize, () -> {});
    }

    /** @param whileClosing run by whoever closes the descriptor of the channel, before it does */
    SocketpairSubject(int vnetHeaderSize, Runnable whileClosing) {
        int[] fds = new int[2];
        FdPeer.check(
                "socketpair", LibC.get().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
        channel = new TapChannel(new SocketEndpoint(fds[0], vnetHeaderSize, whileClosing));
        peer = new FdPeer(fds[1]);
    }

    @Override
    public TapChannel channel() {
        return channel;
    }

    @Override
    public Peer peer() {
        return peer;
    }

    @Override
    public void close() {
        peer.close();
    }

    private static final class SocketEndpoint extends TapEndpoint {

        private final int vnetHeaderSize;
        private final Runnable whileClosing;

        SocketEndpoint(int fd, int vnetHeaderSize, Runnable whileClosing) {
            super(fd);
            this.vnetHeaderSize = vnetHeaderSize;
            this.whileClosing = whileClosing;
        }

        @Override
        TapAddress address() {
            return TapAddress.of("pair");
        }

        @Override
        int vnetHeaderSize() {
            return vnetHeaderSize;
        }

        @Override
        int maxFrame() {
            return 1_522;
        }

        @Override
        boolean mayBlock() {
            return true;
        }

        @Override
        void closeDescriptor() {
            whileClosing.run();
            LibC.get().close(fd().intValue());
        }

        @Override
        IOException explain(String operation, int errno) {
            return new IOException(operation + ": " + Errno.nameOf(errno));
        }

        @Override
        IOException malformed(int length, int minimum, int maximum) {
            return new IOException("length=" + length + " (expected: " + minimum + " to " + maximum + ")");
        }

        @Override
        boolean isFatal(int errno) {
            return errno == Errno.EPIPE.number() || errno == Errno.ECONNRESET.number();
        }
    }
}
