/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux.libc;

import jnr.ffi.annotations.Variadic;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.socklen_t;
import jnr.ffi.types.ssize_t;

/**
 * Functions of the C library under their own names and with their own types: {@code int} is a C {@code int}, a plain
 * {@code long} a C {@code long} or a pointer. Where a call fails it returns -1 and the binding keeps errno.
 *
 * <p>Public for jnr-ffi alone (see the package); it may change in any release.
 */
public interface CLibrary {

    /** The path is the address of a string that ends in NUL. */
    @Variadic(fixedCount = 2)
    int open(long path, int flags, int mode);

    int close(int fd);

    int dup(int fd);

    @Variadic(fixedCount = 2)
    int fcntl(int fd, int command, long argument);

    @Variadic(fixedCount = 2)
    int ioctl(int fd, long request, long argument);

    @ssize_t
    long read(int fd, long buffer, @size_t long count);

    @ssize_t
    long write(int fd, long buffer, @size_t long count);

    @ssize_t
    long preadv2(int fd, long iovecs, int count, @off_t long offset, int flags);

    int poll(long pollfds, long count, int timeoutMillis);

    int eventfd(int initial, int flags);

    int socket(int domain, int type, int protocol);

    int socketpair(int domain, int type, int protocol, long fds);

    int bind(int fd, long address, @socklen_t int length);

    int connect(int fd, long address, @socklen_t int length);

    int listen(int fd, int backlog);

    int accept4(int fd, long address, long length, int flags);

    int getsockname(int fd, long address, long length);

    int setsockopt(int fd, int level, int option, long value, @socklen_t int length);

    int getsockopt(int fd, int level, int option, long value, long length);

    @ssize_t
    long send(int fd, long buffer, @size_t long length, int flags);

    @ssize_t
    long recv(int fd, long buffer, @size_t long length, int flags);

    @ssize_t
    long sendmsg(int fd, long msghdr, int flags);

    @ssize_t
    long recvmsg(int fd, long msghdr, int flags);

    int unshare(int flags);

    int setns(int fd, int namespaceType);

    int sched_setaffinity(int pid, @size_t long length, long mask);

    int setpriority(int which, int who, int nice);

    int geteuid();

    int getrlimit(int resource, long limit);

    @Variadic(fixedCount = 1)
    long syscall(long number, long first, long second, long third);
}
