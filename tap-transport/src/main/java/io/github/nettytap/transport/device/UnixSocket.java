/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.PollFd;
import io.github.nettytap.transport.linux.SockaddrUn;
import io.github.nettytap.transport.linux.Sockets;

import java.nio.file.Path;
import java.time.Duration;

/** A Unix stream socket whose waiting ends with a timeout, an interrupt or a close. */
final class UnixSocket implements AutoCloseable {

    private static final int CLOSED = -1;
    private static final int SLICE_MILLIS = 100;

    private final LibC libc;
    private volatile int fd;

    UnixSocket(LibC libc, int fd) {
        this.libc = libc;
        this.fd = fd;
    }

    static UnixSocket listen(LibC libc, Path path) throws TapException {
        UnixSocket socket = open(libc, path, "listen");
        boolean listening = false;
        try {
            socket.check("bind", path, libc.bind(socket.fd, SockaddrUn.of(path.toString())));
            socket.check("listen", path, libc.listen(socket.fd, 8));
            listening = true;
            return socket;
        } finally {
            if (!listening) {
                socket.close();
            }
        }
    }

    static UnixSocket connect(LibC libc, Path path) throws TapException {
        UnixSocket socket = open(libc, path, "connect");
        boolean connected = false;
        try {
            socket.check("connect", path, libc.connect(socket.fd, SockaddrUn.of(path.toString())));
            connected = true;
            return socket;
        } finally {
            if (!connected) {
                socket.close();
            }
        }
    }

    private static UnixSocket open(LibC libc, Path path, String operation) throws TapException {
        if (!SockaddrUn.fits(path.toString())) {
            throw FdPassingErrors.passing(operation, path.toString(), Errno.ENAMETOOLONG.number());
        }
        int fd = libc.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw FdPassingErrors.passing("socket", path.toString(), -fd);
        }
        return new UnixSocket(libc, fd);
    }

    private int check(String operation, Path path, int result) throws TapException {
        if (result < 0) {
            throw FdPassingErrors.passing(operation, path.toString(), -result);
        }
        return result;
    }

    int fd() {
        return fd;
    }

    UnixSocket accept(String path, Duration timeout) throws TapException {
        awaitReadable("accept", path, timeout);
        int accepted = libc.accept(fd, Sockets.SOCK_CLOEXEC);
        if (accepted < 0) {
            throw FdPassingErrors.passing("accept", path, -accepted);
        }
        return new UnixSocket(libc, accepted);
    }

    /** Returns when something has arrived or the peer has closed. */
    void awaitReadable(String operation, String path, Duration timeout) throws TapException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            int current = fd;
            if (current == CLOSED) {
                throw FdPassingErrors.passing(operation, path, Errno.EBADF.number());
            }
            long left = Math.max(0, (deadline - System.nanoTime()) / 1_000_000);
            int ready = new PollFd(current).poll(libc, (int) Math.min(left, SLICE_MILLIS));
            if (ready < 0) {
                throw FdPassingErrors.passing(operation, path, -ready);
            }
            if (ready > 0) {
                return;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw FdPassingErrors.passing(operation, path, Errno.EINTR.number());
            }
            if (deadline - System.nanoTime() <= 0) {
                throw FdPassingErrors.passing(operation, path, Errno.ETIMEDOUT.number());
            }
        }
    }

    @Override
    public synchronized void close() {
        if (fd != CLOSED) {
            int closing = fd;
            fd = CLOSED;
            libc.close(closing);
        }
    }
}
