/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.ScmRights;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands open TAP devices from one process to another over a Unix domain socket, so that a small privileged helper can
 * open and set up what an unprivileged process then uses.
 *
 * <pre>{@code
 * // The helper, with CAP_NET_ADMIN. It sets MTU, addresses and state, since the worker may not.
 * try (TapFdPassing.Listener listener = TapFdPassing.listen(Path.of("/run/tap.sock"));
 *         TapDevice tap = TapDevice.builder("tap0").mtu(9000).up(true).open();
 *         TapFdPassing worker = listener.accept(Duration.ofSeconds(30))) {
 *     worker.send(tap);
 * }
 *
 * // The worker, as any user.
 * try (TapFdPassing helper = TapFdPassing.connect(Path.of("/run/tap.sock"))) {
 *     TapDevice tap = helper.receive(Duration.ofSeconds(30));
 * }
 * }</pre>
 *
 * <p>Whoever may connect to the socket gets the device: protect it by the permissions of its directory.
 *
 * <p>On the wire each queue is one message of one descriptor (SCM_RIGHTS) and one byte, the number of descriptors still
 * to come. Netty's domain-socket channels understand it: with {@code DomainSocketReadMode.FILE_DESCRIPTORS} they
 * deliver the descriptors for {@link TapDevice#adopt}, and what they send is received by {@link #receive(int,
 * Duration)}. Not thread-safe.
 */
public final class TapFdPassing implements AutoCloseable {

    private final LibC libc;
    private final UnixSocket socket;
    private final String path;

    private TapFdPassing(LibC libc, UnixSocket socket, String path) {
        this.libc = libc;
        this.socket = socket;
        this.path = path;
    }

    /** Waits for processes to hand a device to, or to take one from. */
    public static final class Listener implements AutoCloseable {

        private final LibC libc;
        private final UnixSocket socket;
        private final Path path;

        private Listener(LibC libc, UnixSocket socket, Path path) {
            this.libc = libc;
            this.socket = socket;
            this.path = path;
        }

        /**
         * Waits for the next process. An interrupt ends the wait.
         *
         * @param timeout how long to wait at most
         * @return the connection, to be closed by the caller
         * @throws TapException if none came in time
         */
        public TapFdPassing accept(Duration timeout) throws TapException {
            return new TapFdPassing(libc, socket.accept(path.toString(), timeout), path.toString());
        }

        /**
         * Closes the socket and removes its file; a second call does nothing.
         *
         * @throws IOException if the file cannot be removed
         */
        @Override
        public void close() throws IOException {
            if (socket.fd() >= 0) {
                socket.close();
                Files.deleteIfExists(path);
            }
        }
    }

    /**
     * Makes a socket for others to connect to.
     *
     * @param path the file of the socket, which must not exist
     * @return the listener, to be closed by the caller
     * @throws TapException if the socket cannot be made
     */
    public static Listener listen(Path path) throws TapException {
        LibC libc = TapAvailability.libc();
        return new Listener(libc, UnixSocket.listen(libc, path), path);
    }

    /**
     * Connects to a process that listens.
     *
     * @param path the file of the socket
     * @return the connection, to be closed by the caller
     * @throws TapException if nobody listens there
     */
    public static TapFdPassing connect(Path path) throws TapException {
        LibC libc = TapAvailability.libc();
        return new TapFdPassing(libc, UnixSocket.connect(libc, path), path.toString());
    }

    /**
     * Uses a connected Unix stream socket that was made elsewhere, for example inherited from the parent process.
     *
     * @param socket the descriptor, which belongs to the result from now on
     * @return the connection, to be closed by the caller
     */
    public static TapFdPassing of(int socket) {
        return of(LibC.get(), socket);
    }

    static TapFdPassing of(LibC libc, int socket) {
        return new TapFdPassing(libc, new UnixSocket(libc, socket), "fd " + socket);
    }

    /**
     * Sends all open queues of a device. It stays open here: close it afterwards, or both processes take frames from
     * the same queues.
     *
     * @param device the device
     * @throws TapException if the device is closed or the peer is gone
     */
    public void send(TapDevice device) throws TapException {
        List<TapQueue> open = device.queues();
        if (open.isEmpty()) {
            throw TapErrors.closed("send device", device.name());
        }
        for (int i = 0; i < open.size(); i++) {
            send(open.get(i), open.size() - 1 - i);
        }
    }

    /** Sends a duplicate: the number of a queue that is closed meanwhile may be anybody's. */
    private void send(TapQueue queue, int left) throws TapException {
        int fd;
        try {
            fd = queue.file().duplicate();
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(queue.device().name(), e);
        }
        try {
            int result = ScmRights.send(libc, socket.fd(), fd, left);
            if (result < 0) {
                throw FdPassingErrors.passing("sendmsg", path, -result);
            }
        } finally {
            libc.close(fd);
        }
    }

    /**
     * Receives a device that {@link #send} sent.
     *
     * @param timeout how long to wait for each queue at most
     * @return the device, to be closed by the caller
     * @throws TapException if none came in time, or what came is no TAP; nothing is left open then
     */
    public TapDevice receive(Duration timeout) throws TapException {
        return receive(0, timeout);
    }

    /**
     * Receives a device from a sender that does not count its descriptors, such as a Netty domain-socket channel.
     *
     * @param queues how many descriptors are to come; 0 if the sender counts them
     * @param timeout how long to wait for each queue at most
     * @return the device, to be closed by the caller
     * @throws TapException if none came in time, or what came is no TAP; nothing is left open then
     */
    public TapDevice receive(int queues, Duration timeout) throws TapException {
        List<Integer> descriptors = new ArrayList<>();
        boolean adopted = false;
        try {
            int left = queues;
            do {
                int announced = receiveOne(descriptors, timeout);
                left = queues > 0 ? left - 1 : announced;
            } while (left > 0);
            TapDevice device = new TapAdopter(new Kernel(libc, Rtnetlink::open))
                    .adopt(descriptors.stream().mapToInt(Integer::intValue).toArray());
            adopted = true;
            return device;
        } finally {
            if (!adopted) {
                descriptors.forEach(libc::close);
            }
        }
    }

    private int receiveOne(List<Integer> descriptors, Duration timeout) throws TapException {
        socket.awaitReadable("recvmsg", path, timeout);
        int[] received = new int[1];
        int result = ScmRights.receive(libc, socket.fd(), received);
        if (result < 0) {
            throw FdPassingErrors.passing("recvmsg", path, -result);
        }
        descriptors.add(received[0]);
        if (descriptors.size() > 256) {
            throw FdPassingErrors.passing("recvmsg", path, Errno.EMSGSIZE.number());
        }
        return result;
    }

    /** Closes the connection; a second call does nothing. */
    @Override
    public void close() {
        socket.close();
    }
}
