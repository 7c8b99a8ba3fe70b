/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.PollFd;
import io.github.nettytap.transport.linux.Retry;
import io.github.nettytap.transport.linux.Sockets;
import io.github.nettytap.transport.linux.Structs;

import java.nio.ByteBuffer;

/**
 * One NETLINK_ROUTE socket in the network namespace of the thread that opens it; it stays there, whichever thread uses
 * it later.
 *
 * <pre>
 * sockaddr_nl:   0 family u16    2 pad u16    4 port id u32    8 groups u32
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class NetlinkSocket implements AutoCloseable {

    private static final int ADDRESS_SIZE = 12;
    private static final int BUFFER_SIZE = 32 * 1024;
    private static final long TIMEOUT_SECONDS = 5;

    private final LibC libc;
    private final int fd;
    private ByteBuffer buffer = Structs.allocate(BUFFER_SIZE);
    private int portId;
    private boolean closed;

    private NetlinkSocket(LibC libc, int fd) {
        this.libc = libc;
        this.fd = fd;
    }

    /** A socket for requests: blocking, and connected to the kernel so that nobody else can answer. */
    static NetlinkSocket forRequests(LibC libc) throws NetlinkException {
        return open(libc, 0, 0);
    }

    /** A socket for notifications: non-blocking and member of the groups of a bit mask. */
    static NetlinkSocket forNotifications(LibC libc, int groups) throws NetlinkException {
        return open(libc, groups, Sockets.SOCK_NONBLOCK);
    }

    private static NetlinkSocket open(LibC libc, int groups, int typeFlags) throws NetlinkException {
        int fd = libc.socket(
                Sockets.AF_NETLINK, Sockets.SOCK_RAW | Sockets.SOCK_CLOEXEC | typeFlags, Sockets.NETLINK_ROUTE);
        if (fd < 0) {
            throw NetlinkException.ofCall("open netlink socket", fd);
        }
        NetlinkSocket socket = new NetlinkSocket(libc, fd);
        try {
            socket.configure(groups);
            return socket;
        } catch (NetlinkException | RuntimeException | Error e) {
            socket.close();
            throw e;
        }
    }

    private void configure(int groups) throws NetlinkException {
        // Improvements only, which kernels before 4.12 and 4.20 lack: a refusal costs nothing but the text.
        libc.setsockopt(fd, Sockets.SOL_NETLINK, Sockets.NETLINK_EXT_ACK, Structs.ofInt(1));
        libc.setsockopt(fd, Sockets.SOL_NETLINK, Sockets.NETLINK_CAP_ACK, Structs.ofInt(1));
        libc.setsockopt(fd, Sockets.SOL_NETLINK, Sockets.NETLINK_GET_STRICT_CHK, Structs.ofInt(1));
        check(
                "limit netlink waiting time",
                libc.setsockopt(
                        fd,
                        Sockets.SOL_SOCKET,
                        Sockets.SO_RCVTIMEO,
                        Structs.allocate(16).putLong(0, TIMEOUT_SECONDS)));
        check("bind netlink socket", libc.bind(fd, address(groups)));
        ByteBuffer own = address(0);
        check("read netlink port id", libc.getsockname(fd, own));
        portId = own.getInt(4);
        check("connect netlink socket", libc.connect(fd, address(0)));
    }

    private static ByteBuffer address(int groups) {
        return Structs.allocate(ADDRESS_SIZE)
                .putShort(0, (short) Sockets.AF_NETLINK)
                .putInt(8, groups);
    }

    private static void check(String operation, int result) throws NetlinkException {
        if (result < 0) {
            throw NetlinkException.ofCall(operation, result);
        }
    }

    int fd() {
        return fd;
    }

    int portId() {
        return portId;
    }

    void send(String operation, ByteBuffer message) throws NetlinkException {
        checkOpen(operation);
        int sent = Retry.onInterrupt(() -> libc.send(fd, message, 0));
        check(operation, sent);
        if (sent != message.remaining()) {
            throw new NetlinkException(operation, Errno.EMSGSIZE.number(), "");
        }
    }

    /**
     * The next datagram, which is valid until the next call; it may hold several messages. Its size is asked first,
     * since a datagram that does not fit would be cut without a word.
     *
     * @return null if the socket is non-blocking and nothing has arrived
     */
    ByteBuffer receive(String operation) throws NetlinkException {
        checkOpen(operation);
        buffer.clear();
        int size = Retry.onInterrupt(() -> libc.recv(fd, buffer, Sockets.MSG_PEEK | Sockets.MSG_TRUNC));
        if (Errno.EAGAIN.is(size)) {
            return null;
        }
        check(operation, size);
        if (size > buffer.capacity()) {
            buffer = Structs.allocate(size);
        }
        int received = Retry.onInterrupt(() -> libc.recv(fd, buffer, 0));
        check(operation, received);
        buffer.limit(received);
        return buffer;
    }

    /** Waits for something to arrive; false after the timeout. */
    boolean awaitReadable(int timeoutMillis) throws NetlinkException {
        int ready = new PollFd(fd).poll(libc, timeoutMillis);
        check("wait for netlink socket", ready);
        return ready > 0;
    }

    /** The number of a closed descriptor may be somebody else's by now. */
    private void checkOpen(String operation) throws NetlinkException {
        if (closed) {
            throw new NetlinkException(operation, Errno.EBADF.number(), "");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            libc.close(fd);
        }
    }
}
