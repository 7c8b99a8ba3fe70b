/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.nettytap.transport.linux.libc.CLibrary;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * {@link CLibrary} by the JDK's own Foreign Function and Memory API (JEP 454); {@link LibCBinding} finds it by name.
 *
 * <p>errno must be taken by the linker in the moment of the return, since the JVM makes system calls of its own: each
 * thread has a place for it. Pointers travel as longs, which both supported ABIs (System V x86_64, AAPCS64) pass alike.
 */
@SuppressWarnings("restricted")
final class FfmLibrary implements CLibrary {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO_VALUE =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    private static final ValueLayout.OfInt INT = JAVA_INT;
    private static final ValueLayout.OfLong LONG = JAVA_LONG;

    private static final MethodHandle OPEN = variadic(2, "open", INT, LONG, INT, INT);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle DUP = function("dup", INT, INT);
    private static final MethodHandle FCNTL = variadic(2, "fcntl", INT, INT, INT, LONG);
    private static final MethodHandle IOCTL = variadic(2, "ioctl", INT, INT, LONG, LONG);
    private static final MethodHandle READ = function("read", LONG, INT, LONG, LONG);
    private static final MethodHandle WRITE = function("write", LONG, INT, LONG, LONG);
    private static final MethodHandle PREADV2 = function("preadv2", LONG, INT, LONG, INT, LONG, INT);
    private static final MethodHandle POLL = function("poll", INT, LONG, LONG, INT);
    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
    private static final MethodHandle SOCKETPAIR = function("socketpair", INT, INT, INT, INT, LONG);
    private static final MethodHandle BIND = function("bind", INT, INT, LONG, INT);
    private static final MethodHandle CONNECT = function("connect", INT, INT, LONG, INT);
    private static final MethodHandle LISTEN = function("listen", INT, INT, INT);
    private static final MethodHandle ACCEPT4 = function("accept4", INT, INT, LONG, LONG, INT);
    private static final MethodHandle GETSOCKNAME = function("getsockname", INT, INT, LONG, LONG);
    private static final MethodHandle SETSOCKOPT = function("setsockopt", INT, INT, INT, INT, LONG, INT);
    private static final MethodHandle GETSOCKOPT = function("getsockopt", INT, INT, INT, INT, LONG, LONG);
    private static final MethodHandle SEND = function("send", LONG, INT, LONG, LONG, INT);
    private static final MethodHandle RECV = function("recv", LONG, INT, LONG, LONG, INT);
    private static final MethodHandle SENDMSG = function("sendmsg", LONG, INT, LONG, INT);
    private static final MethodHandle RECVMSG = function("recvmsg", LONG, INT, LONG, INT);
    private static final MethodHandle UNSHARE = function("unshare", INT, INT);
    private static final MethodHandle SETNS = function("setns", INT, INT, INT);
    private static final MethodHandle SCHED_SETAFFINITY = function("sched_setaffinity", INT, INT, LONG, LONG);
    private static final MethodHandle SETPRIORITY = function("setpriority", INT, INT, INT, INT);
    private static final MethodHandle GETEUID = function("geteuid", INT);
    private static final MethodHandle GETRLIMIT = function("getrlimit", INT, INT, LONG);
    private static final MethodHandle SYSCALL = variadic(1, "syscall", LONG, LONG, LONG, LONG, LONG);

    private FfmLibrary() {}

    /** Called by {@link LibCBinding}. */
    static LibC bind() {
        return new BoundLibC(
                new FfmLibrary(), () -> (int) ERRNO_VALUE.get(STATE.get(), 0L), buffer -> MemorySegment.ofBuffer(buffer)
                        .address());
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(result, parameters), ERRNO);
    }

    private static MethodHandle variadic(int fixed, String name, MemoryLayout result, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(result, parameters), ERRNO, Linker.Option.firstVariadicArg(fixed));
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup()
                        .find(name)
                        .orElseThrow(() -> new UnsatisfiedLinkError("libc has no symbol: name=" + name)),
                descriptor,
                options);
    }

    /** A downcall throws nothing of its own; what comes is an error of the JVM. */
    private static RuntimeException unexpected(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(thrown);
    }

    @Override
    public int open(long path, int flags, int mode) {
        try {
            return (int) OPEN.invokeExact(STATE.get(), path, flags, mode);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int close(int fd) {
        try {
            return (int) CLOSE.invokeExact(STATE.get(), fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dup(int fd) {
        try {
            return (int) DUP.invokeExact(STATE.get(), fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        try {
            return (int) FCNTL.invokeExact(STATE.get(), fd, command, argument);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        try {
            return (int) IOCTL.invokeExact(STATE.get(), fd, request, argument);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long read(int fd, long buffer, long count) {
        try {
            return (long) READ.invokeExact(STATE.get(), fd, buffer, count);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long write(int fd, long buffer, long count) {
        try {
            return (long) WRITE.invokeExact(STATE.get(), fd, buffer, count);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long preadv2(int fd, long iovecs, int count, long offset, int flags) {
        try {
            return (long) PREADV2.invokeExact(STATE.get(), fd, iovecs, count, offset, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int poll(long pollfds, long count, int timeoutMillis) {
        try {
            return (int) POLL.invokeExact(STATE.get(), pollfds, count, timeoutMillis);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int eventfd(int initial, int flags) {
        try {
            return (int) EVENTFD.invokeExact(STATE.get(), initial, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        try {
            return (int) SOCKET.invokeExact(STATE.get(), domain, type, protocol);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int socketpair(int domain, int type, int protocol, long fds) {
        try {
            return (int) SOCKETPAIR.invokeExact(STATE.get(), domain, type, protocol, fds);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int bind(int fd, long address, int length) {
        try {
            return (int) BIND.invokeExact(STATE.get(), fd, address, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int connect(int fd, long address, int length) {
        try {
            return (int) CONNECT.invokeExact(STATE.get(), fd, address, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int listen(int fd, int backlog) {
        try {
            return (int) LISTEN.invokeExact(STATE.get(), fd, backlog);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int accept4(int fd, long address, long length, int flags) {
        try {
            return (int) ACCEPT4.invokeExact(STATE.get(), fd, address, length, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int getsockname(int fd, long address, long length) {
        try {
            return (int) GETSOCKNAME.invokeExact(STATE.get(), fd, address, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int setsockopt(int fd, int level, int option, long value, int length) {
        try {
            return (int) SETSOCKOPT.invokeExact(STATE.get(), fd, level, option, value, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int getsockopt(int fd, int level, int option, long value, long length) {
        try {
            return (int) GETSOCKOPT.invokeExact(STATE.get(), fd, level, option, value, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long send(int fd, long buffer, long length, int flags) {
        try {
            return (long) SEND.invokeExact(STATE.get(), fd, buffer, length, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long recv(int fd, long buffer, long length, int flags) {
        try {
            return (long) RECV.invokeExact(STATE.get(), fd, buffer, length, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long sendmsg(int fd, long msghdr, int flags) {
        try {
            return (long) SENDMSG.invokeExact(STATE.get(), fd, msghdr, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long recvmsg(int fd, long msghdr, int flags) {
        try {
            return (long) RECVMSG.invokeExact(STATE.get(), fd, msghdr, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int unshare(int flags) {
        try {
            return (int) UNSHARE.invokeExact(STATE.get(), flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int setns(int fd, int namespaceType) {
        try {
            return (int) SETNS.invokeExact(STATE.get(), fd, namespaceType);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int sched_setaffinity(int pid, long length, long mask) {
        try {
            return (int) SCHED_SETAFFINITY.invokeExact(STATE.get(), pid, length, mask);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int setpriority(int which, int who, int nice) {
        try {
            return (int) SETPRIORITY.invokeExact(STATE.get(), which, who, nice);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int geteuid() {
        try {
            return (int) GETEUID.invokeExact(STATE.get());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int getrlimit(int resource, long limit) {
        try {
            return (int) GETRLIMIT.invokeExact(STATE.get(), resource, limit);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long syscall(long number, long first, long second, long third) {
        try {
            return (long) SYSCALL.invokeExact(STATE.get(), number, first, second, third);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
