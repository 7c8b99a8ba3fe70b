/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import io.github.nettytap.transport.linux.libc.CLibrary;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;

/**
 * {@link LibC} on a bound {@link CLibrary}: buffers become addresses, -1 becomes the negated errno.
 *
 * <p>The same for each binding, so that what differs between them is no more than how a function is called.
 */
final class BoundLibC implements LibC {

    /** From uapi/linux/resource.h. With 0 for an id it means the calling thread. */
    private static final int PRIO_PROCESS = 0;

    private static final int THIS_THREAD = 0;
    private static final long NULL = 0;

    private final CLibrary c;
    private final IntSupplier errno;
    private final ToLongFunction<ByteBuffer> addresses;

    /**
     * @param errno what the last failed call of this thread left
     * @param addresses gives the address of a direct buffer's position
     */
    BoundLibC(CLibrary c, IntSupplier errno, ToLongFunction<ByteBuffer> addresses) {
        this.c = c;
        this.errno = errno;
        this.addresses = addresses;
    }

    /** For sizes too: no call here moves more than a buffer holds, which an int counts. */
    private int result(long value) {
        return value == -1 ? -errno.getAsInt() : (int) value;
    }

    @Override
    public int open(String path, int flags) {
        ByteBuffer name = cString(path);
        try {
            return result(c.open(addressOf(name), flags, 0));
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    @Override
    public int close(int fd) {
        return result(c.close(fd));
    }

    @Override
    public int dup(int fd) {
        return result(c.dup(fd));
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        return result(c.fcntl(fd, command, argument));
    }

    @Override
    public int ioctl(int fd, int request, long argument) {
        return result(c.ioctl(fd, request & 0xffff_ffffL, argument));
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
            return result(c.read(fd, addressOf(destination), destination.remaining()));
        } finally {
            Reference.reachabilityFence(destination);
        }
    }

    @Override
    public int write(int fd, ByteBuffer source) {
        try {
            return result(c.write(fd, addressOf(source), source.remaining()));
        } finally {
            Reference.reachabilityFence(source);
        }
    }

    @Override
    public int preadv2(int fd, ByteBuffer destination, int flags) {
        ByteBuffer iovec = Structs.allocate(2 * Long.BYTES);
        try {
            iovec.putLong(0, addressOf(destination)).putLong(Long.BYTES, destination.remaining());
            return result(c.preadv2(fd, addressOf(iovec), 1, -1, flags));
        } finally {
            Reference.reachabilityFence(iovec);
            Reference.reachabilityFence(destination);
        }
    }

    @Override
    public int poll(ByteBuffer pollfds, int count, int timeoutMillis) {
        try {
            return result(c.poll(addressOf(pollfds), count, timeoutMillis));
        } finally {
            Reference.reachabilityFence(pollfds);
        }
    }

    @Override
    public int eventfd(int initial, int flags) {
        return result(c.eventfd(initial, flags));
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return result(c.socket(domain, type, protocol));
    }

    @Override
    public int socketpair(int domain, int type, int protocol, int[] fds) {
        ByteBuffer pair = Structs.allocate(2 * Integer.BYTES);
        int result = result(c.socketpair(domain, type, protocol, addressOf(pair)));
        fds[0] = pair.getInt(0);
        fds[1] = pair.getInt(Integer.BYTES);
        return result;
    }

    @Override
    public int bind(int fd, ByteBuffer address) {
        try {
            return result(c.bind(fd, addressOf(address), address.remaining()));
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public int connect(int fd, ByteBuffer address) {
        try {
            return result(c.connect(fd, addressOf(address), address.remaining()));
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public int listen(int fd, int backlog) {
        return result(c.listen(fd, backlog));
    }

    @Override
    public int accept(int fd, int flags) {
        return result(c.accept4(fd, NULL, NULL, flags));
    }

    @Override
    public int getsockname(int fd, ByteBuffer address) {
        ByteBuffer length = Structs.ofInt(address.remaining());
        try {
            return result(c.getsockname(fd, addressOf(address), addressOf(length)));
        } finally {
            Reference.reachabilityFence(address);
            Reference.reachabilityFence(length);
        }
    }

    @Override
    public int setsockopt(int fd, int level, int option, ByteBuffer value) {
        try {
            return result(c.setsockopt(fd, level, option, addressOf(value), value.remaining()));
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    @Override
    public int getsockopt(int fd, int level, int option, ByteBuffer value) {
        ByteBuffer length = Structs.ofInt(value.remaining());
        try {
            return result(c.getsockopt(fd, level, option, addressOf(value), addressOf(length)));
        } finally {
            Reference.reachabilityFence(value);
            Reference.reachabilityFence(length);
        }
    }

    @Override
    public int send(int fd, ByteBuffer source, int flags) {
        try {
            return result(c.send(fd, addressOf(source), source.remaining(), flags));
        } finally {
            Reference.reachabilityFence(source);
        }
    }

    @Override
    public int recv(int fd, ByteBuffer destination, int flags) {
        try {
            return result(c.recv(fd, addressOf(destination), destination.remaining(), flags));
        } finally {
            Reference.reachabilityFence(destination);
        }
    }

    @Override
    public int sendmsg(int fd, ByteBuffer msghdr, int flags) {
        try {
            return result(c.sendmsg(fd, addressOf(msghdr), flags));
        } finally {
            Reference.reachabilityFence(msghdr);
        }
    }

    @Override
    public int recvmsg(int fd, ByteBuffer msghdr, int flags) {
        try {
            return result(c.recvmsg(fd, addressOf(msghdr), flags));
        } finally {
            Reference.reachabilityFence(msghdr);
        }
    }

    @Override
    public int recvmsg(int fd, long msghdr, int flags) {
        return result(c.recvmsg(fd, msghdr, flags));
    }

    @Override
    public int unshare(int flags) {
        return result(c.unshare(flags));
    }

    @Override
    public int setns(int fd, int namespaceType) {
        return result(c.setns(fd, namespaceType));
    }

    @Override
    public int schedSetaffinity(ByteBuffer cpuMask) {
        try {
            return result(c.sched_setaffinity(THIS_THREAD, cpuMask.remaining(), addressOf(cpuMask)));
        } finally {
            Reference.reachabilityFence(cpuMask);
        }
    }

    @Override
    public int setpriority(int nice) {
        return result(c.setpriority(PRIO_PROCESS, THIS_THREAD, nice));
    }

    /** Never fails; a user id may be 4,294,967,295, so -1 is none of errno's business. */
    @Override
    public int geteuid() {
        return c.geteuid();
    }

    @Override
    public int getrlimit(int resource, ByteBuffer limit) {
        try {
            return result(c.getrlimit(resource, addressOf(limit)));
        } finally {
            Reference.reachabilityFence(limit);
        }
    }

    @Override
    public int syscall(long number, long first, long second, long third) {
        return result(c.syscall(number, first, second, third));
    }

    @Override
    public long addressOf(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("buffer is not direct: buffer=" + buffer);
        }
        return addresses.applyAsLong(buffer);
    }

    private static ByteBuffer cString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length + 1);
        buffer.put(bytes).put((byte) 0).flip();
        return buffer;
    }
}
