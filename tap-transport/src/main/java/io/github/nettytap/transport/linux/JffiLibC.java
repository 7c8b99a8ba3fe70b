/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Type;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * {@link LibC} by way of jffi.
 *
 * <p>Every argument is passed as a 64-bit integer and every result read as one. On the two ABIs that netty-tap supports
 * (System V x86_64 and AAPCS64) an {@code int} parameter travels in the same register and its upper half is ignored,
 * and variadic functions such as {@code ioctl} and {@code fcntl} take their integer arguments in the same registers as
 * others do, so one call shape per number of arguments is sound. Symbols are looked up in the running process, which
 * has its libc loaded already, whatever that libc is.
 */
final class JffiLibC implements LibC {

    static final JffiLibC INSTANCE = new JffiLibC();

    private static final int MAX_ARITY = 5;

    /** From uapi/linux/resource.h. With 0 for an id it means the calling thread. */
    private static final int PRIO_PROCESS = 0;

    private final Invoker invoker = Invoker.getInstance();
    private final MemoryIO memory = MemoryIO.getInstance();
    private final LastError lastError = LastError.getInstance();
    private final CallContext[] contexts = new CallContext[MAX_ARITY + 1];
    private final Library process = Library.getDefault();

    private final long open = symbol("open");
    private final long close = symbol("close");
    private final long dup = symbol("dup");
    private final long fcntl = symbol("fcntl");
    private final long ioctl = symbol("ioctl");
    private final long read = symbol("read");
    private final long write = symbol("write");
    private final long poll = symbol("poll");
    private final long eventfd = symbol("eventfd");
    private final long socket = symbol("socket");
    private final long socketpair = symbol("socketpair");
    private final long bind = symbol("bind");
    private final long connect = symbol("connect");
    private final long listen = symbol("listen");
    private final long accept4 = symbol("accept4");
    private final long getsockname = symbol("getsockname");
    private final long setsockopt = symbol("setsockopt");
    private final long send = symbol("send");
    private final long recv = symbol("recv");
    private final long sendmsg = symbol("sendmsg");
    private final long recvmsg = symbol("recvmsg");
    private final long unshare = symbol("unshare");
    private final long setns = symbol("setns");
    private final long schedSetaffinity = symbol("sched_setaffinity");
    private final long setpriority = symbol("setpriority");
    private final long geteuid = symbol("geteuid");
    private final long getrlimit = symbol("getrlimit");
    private final long syscall = symbol("syscall");

    private JffiLibC() {
        for (int arity = 0; arity <= MAX_ARITY; arity++) {
            Type[] arguments = new Type[arity];
            Arrays.fill(arguments, Type.SINT64);
            contexts[arity] =
                    CallContext.getCallContext(Type.SINT64, arguments, CallingConvention.DEFAULT, /* saveErrno */ true);
        }
    }

    private long symbol(String name) {
        long address = process.getSymbolAddress(name);
        if (address == 0) {
            throw new UnsatisfiedLinkError("libc has no symbol: name=" + name);
        }
        return address;
    }

    private int result(long value) {
        int result = (int) value;
        return result == -1 ? -lastError.get() : result;
    }

    private int call(long function) {
        return result(invoker.invokeN0(contexts[0], function));
    }

    private int call(long function, long a) {
        return result(invoker.invokeN1(contexts[1], function, a));
    }

    private int call(long function, long a, long b) {
        return result(invoker.invokeN2(contexts[2], function, a, b));
    }

    private int call(long function, long a, long b, long c) {
        return result(invoker.invokeN3(contexts[3], function, a, b, c));
    }

    private int call(long function, long a, long b, long c, long d) {
        return result(invoker.invokeN4(contexts[4], function, a, b, c, d));
    }

    private int call(long function, long a, long b, long c, long d, long e) {
        return result(invoker.invokeN5(contexts[5], function, a, b, c, d, e));
    }

    @Override
    public int open(String path, int flags) {
        ByteBuffer name = cString(path);
        try {
            return call(open, addressOf(name), flags, 0);
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    @Override
    public int close(int fd) {
        return call(close, fd);
    }

    @Override
    public int dup(int fd) {
        return call(dup, fd);
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        return call(fcntl, fd, command, argument);
    }

    @Override
    public int ioctl(int fd, int request, long argument) {
        return call(ioctl, fd, request & 0xffff_ffffL, argument);
    }

    @Override
    public int ioctl(int fd, int request, ByteBuffer argument) {
        try {
            return ioctl(fd, request, addressOf(argument));
        } finally {
            Reference.reachabilityFence(argument);
        }
    }

    @Override
    public int read(int fd, ByteBuffer destination) {
        try {
            return call(read, fd, addressOf(destination), destination.remaining());
        } finally {
            Reference.reachabilityFence(destination);
        }
    }

    @Override
    public int write(int fd, ByteBuffer source) {
        try {
            return call(write, fd, addressOf(source), source.remaining());
        } finally {
            Reference.reachabilityFence(source);
        }
    }

    @Override
    public int poll(ByteBuffer pollfds, int count, int timeoutMillis) {
        try {
            return call(poll, addressOf(pollfds), count, timeoutMillis);
        } finally {
            Reference.reachabilityFence(pollfds);
        }
    }

    @Override
    public int eventfd(int initial, int flags) {
        return call(eventfd, initial, flags);
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return call(socket, domain, type, protocol);
    }

    @Override
    public int socketpair(int domain, int type, int protocol, int[] fds) {
        ByteBuffer pair = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        int result = call(socketpair, domain, type, protocol, addressOf(pair));
        fds[0] = pair.getInt(0);
        fds[1] = pair.getInt(4);
        return result;
    }

    @Override
    public int bind(int fd, ByteBuffer address) {
        try {
            return call(bind, fd, addressOf(address), address.remaining());
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public int connect(int fd, ByteBuffer address) {
        try {
            return call(connect, fd, addressOf(address), address.remaining());
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public int listen(int fd, int backlog) {
        return call(listen, fd, backlog);
    }

    @Override
    public int accept(int fd, int flags) {
        return call(accept4, fd, 0, 0, flags);
    }

    @Override
    public int getsockname(int fd, ByteBuffer address) {
        ByteBuffer length = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        length.putInt(0, address.remaining());
        try {
            return call(getsockname, fd, addressOf(address), addressOf(length));
        } finally {
            Reference.reachabilityFence(address);
            Reference.reachabilityFence(length);
        }
    }

    @Override
    public int setsockopt(int fd, int level, int option, ByteBuffer value) {
        try {
            return call(setsockopt, fd, level, option, addressOf(value), value.remaining());
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    @Override
    public int send(int fd, ByteBuffer source, int flags) {
        try {
            return call(send, fd, addressOf(source), source.remaining(), flags);
        } finally {
            Reference.reachabilityFence(source);
        }
    }

    @Override
    public int recv(int fd, ByteBuffer destination, int flags) {
        try {
            return call(recv, fd, addressOf(destination), destination.remaining(), flags);
        } finally {
            Reference.reachabilityFence(destination);
        }
    }

    @Override
    public int sendmsg(int fd, ByteBuffer msghdr, int flags) {
        try {
            return call(sendmsg, fd, addressOf(msghdr), flags);
        } finally {
            Reference.reachabilityFence(msghdr);
        }
    }

    @Override
    public int recvmsg(int fd, ByteBuffer msghdr, int flags) {
        try {
            return call(recvmsg, fd, addressOf(msghdr), flags);
        } finally {
            Reference.reachabilityFence(msghdr);
        }
    }

    @Override
    public int unshare(int flags) {
        return call(unshare, flags);
    }

    @Override
    public int setns(int fd, int namespaceType) {
        return call(setns, fd, namespaceType);
    }

    @Override
    public int schedSetaffinity(ByteBuffer cpuMask) {
        try {
            return call(schedSetaffinity, 0, cpuMask.remaining(), addressOf(cpuMask));
        } finally {
            Reference.reachabilityFence(cpuMask);
        }
    }

    @Override
    public int setpriority(int nice) {
        return call(setpriority, PRIO_PROCESS, 0, nice);
    }

    @Override
    public int geteuid() {
        return (int) invoker.invokeN0(contexts[0], geteuid);
    }

    @Override
    public int getrlimit(int resource, ByteBuffer limit) {
        try {
            return call(getrlimit, resource, addressOf(limit));
        } finally {
            Reference.reachabilityFence(limit);
        }
    }

    @Override
    public int syscall(long number, long first, long second, long third) {
        return call(syscall, number, first, second, third);
    }

    @Override
    public long addressOf(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("buffer is not direct: buffer=" + buffer);
        }
        return memory.getDirectBufferAddress(buffer) + buffer.position();
    }

    private static ByteBuffer cString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length + 1);
        buffer.put(bytes).put((byte) 0).flip();
        return buffer;
    }
}
