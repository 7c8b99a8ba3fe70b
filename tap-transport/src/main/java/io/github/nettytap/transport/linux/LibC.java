/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;

/**
 * The libc calls that the control plane needs.
 *
 * <p>Every method returns what the call returned, or the negated errno if it failed, so that a result travels in one
 * number and no thread-local errno is ever read too late. {@link Errno} names the numbers. Buffers must be direct; the
 * call covers {@code position} to {@code limit} and leaves both as they are. The interface exists so that tests can
 * let any call fail with any errno.
 */
public interface LibC {

    /**
     * The C library of this process.
     *
     * @throws UnsatisfiedLinkError if it cannot be called from here; the message says what to do
     */
    static LibC get() {
        return LibCBinding.Current.get();
    }

    int open(String path, int flags);

    int close(int fd);

    int dup(int fd);

    int fcntl(int fd, int command, long argument);

    /** An ioctl whose argument is a number. */
    int ioctl(int fd, int request, long argument);

    /** An ioctl whose argument is a struct, which the kernel may write to. */
    int ioctl(int fd, int request, ByteBuffer argument);

    int read(int fd, ByteBuffer destination);

    int write(int fd, ByteBuffer source);

    /** A read without an offset into one buffer, with {@code RWF_*} flags. */
    int preadv2(int fd, ByteBuffer destination, int flags);

    int poll(ByteBuffer pollfds, int count, int timeoutMillis);

    int eventfd(int initial, int flags);

    int socket(int domain, int type, int protocol);

    /** Writes the two descriptors to the first two elements. */
    int socketpair(int domain, int type, int protocol, int[] fds);

    int bind(int fd, ByteBuffer address);

    int connect(int fd, ByteBuffer address);

    int listen(int fd, int backlog);

    int accept(int fd, int flags);

    int getsockname(int fd, ByteBuffer address);

    int setsockopt(int fd, int level, int option, ByteBuffer value);

    /** Fills as much of the value as the option has. */
    int getsockopt(int fd, int level, int option, ByteBuffer value);

    int send(int fd, ByteBuffer source, int flags);

    int recv(int fd, ByteBuffer destination, int flags);

    int sendmsg(int fd, ByteBuffer msghdr, int flags);

    int recvmsg(int fd, ByteBuffer msghdr, int flags);

    /**
     * The same with the address of the msghdr, which the caller keeps alive: for each frame of a packet socket, so that
     * no binding has to make an object to find the address of a buffer.
     */
    int recvmsg(int fd, long msghdr, int flags);

    int unshare(int flags);

    int setns(int fd, int namespaceType);

    /** Pins the calling thread. */
    int schedSetaffinity(ByteBuffer cpuMask);

    /** Sets the nice value of the calling thread: in Linux each has its own. */
    int setpriority(int nice);

    int geteuid();

    /** Fills a {@code struct rlimit}: soft and hard limit, eight bytes each. */
    int getrlimit(int resource, ByteBuffer limit);

    /** A system call without a function of its own in libc. */
    int syscall(long number, long first, long second, long third);

    /**
     * The address of a direct buffer's position, for pointers inside structs; the caller keeps the buffer reachable.
     */
    long addressOf(ByteBuffer buffer);
}
