/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.IfReq;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Retry;
import io.github.nettytap.transport.linux.SockFprog;
import io.github.nettytap.transport.linux.Structs;
import io.github.nettytap.transport.linux.TunFilter;
import io.github.nettytap.transport.linux.TunIoctl;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/**
 * One descriptor of {@code /dev/net/tun} and the ioctls on it.
 *
 * <p>Owns the descriptor from the instruction after {@code open}. Thread-safe: a call and a close exclude each other,
 * as the number of a closed descriptor may at once be somebody else's.
 */
final class TapFile implements AutoCloseable {

    static final String DEVICE_NODE = "/dev/net/tun";

    private static final int CLOSED = -1;

    /** The numbers of all open ones of this process, so that none gets two owners. */
    private static final Set<Integer> OWNED = ConcurrentHashMap.newKeySet();

    private final LibC libc;
    private volatile int fd;
    private volatile String lastName = "";
    private volatile Runnable closeListener = () -> {};

    private TapFile(LibC libc, int fd) {
        this.libc = libc;
        this.fd = fd;
    }

    /** Opens {@code /dev/net/tun}, or the {@code /dev/tapN} of a macvtap link. */
    static TapFile open(LibC libc, String node) throws SyscallException {
        // Never blocking: a thread inside a blocking read would keep the device alive, whoever closes the descriptor.
        int fd = Retry.onInterrupt(() -> libc.open(node, Fcntl.O_RDWR | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC));
        if (fd < 0) {
            throw new SyscallException("open " + node, fd);
        }
        OWNED.add(fd);
        return new TapFile(libc, fd);
    }

    /** Takes a descriptor over that somebody else opened; null if a device of this process owns it. */
    static TapFile ofDescriptor(LibC libc, int fd) {
        return OWNED.add(fd) ? new TapFile(libc, fd) : null;
    }

    /** The number, or -1 once closed. Never waits for a call on it. */
    int fd() {
        return fd;
    }

    /** Runs once the descriptor is closed, on the thread that closed it. To be set before anybody can close it. */
    void onClose(Runnable listener) {
        closeListener = listener;
    }

    /** A second descriptor of the same queue, to be closed by the caller. */
    int duplicate() throws SyscallException {
        return call("fcntl F_DUPFD_CLOEXEC", () -> libc.fcntl(fd, Fcntl.F_DUPFD_CLOEXEC, 0));
    }

    /** The IFF_ flags that this kernel knows, as far as it tells; TUNSETIFF passes over unknown ones in silence. */
    int features() throws SyscallException {
        ByteBuffer features = Structs.allocate(Integer.BYTES);
        call("TUNGETFEATURES", TunIoctl.TUNGETFEATURES, features);
        return features.getInt(0);
    }

    /** Creates the interface or attaches to it, and returns its real name. */
    String attach(String nameOrTemplate, int flags) throws SyscallException {
        IfReq request = new IfReq(nameOrTemplate).flags(flags);
        call("TUNSETIFF", TunIoctl.TUNSETIFF, request.memory());
        return request.name();
    }

    /** The name and flags of the interface that this descriptor is attached to. */
    IfReq identity() throws SyscallException {
        IfReq request = new IfReq();
        call("TUNGETIFF", TunIoctl.TUNGETIFF, request.memory());
        lastName = request.name();
        return request;
    }

    /** The name that {@link #identity} found last, for messages; empty if it never did. */
    String lastName() {
        return lastName;
    }

    /** Only before {@link #attach}, and only for an interface that is made by it. */
    void chooseIfindex(int ifindex) throws SyscallException {
        call("TUNSETIFINDEX", TunIoctl.TUNSETIFINDEX, Structs.ofInt(ifindex));
    }

    /** Lets this queue take part in the traffic, or not. */
    void setQueueAttached(boolean attached) throws SyscallException {
        int flag = attached ? TunIoctl.IFF_ATTACH_QUEUE : TunIoctl.IFF_DETACH_QUEUE;
        call("TUNSETQUEUE", TunIoctl.TUNSETQUEUE, new IfReq().flags(flag).memory());
    }

    void setPersistent(boolean persistent) throws SyscallException {
        call("TUNSETPERSIST", TunIoctl.TUNSETPERSIST, persistent ? 1 : 0);
    }

    void setOwner(int uid) throws SyscallException {
        call("TUNSETOWNER", TunIoctl.TUNSETOWNER, uid & 0xffff_ffffL);
    }

    void setGroup(int gid) throws SyscallException {
        call("TUNSETGROUP", TunIoctl.TUNSETGROUP, gid & 0xffff_ffffL);
    }

    void setCarrier(boolean carrier) throws SyscallException {
        call("TUNSETCARRIER", TunIoctl.TUNSETCARRIER, Structs.ofInt(carrier ? 1 : 0));
    }

    void setVnetHeaderSize(int size) throws SyscallException {
        call("TUNSETVNETHDRSZ", TunIoctl.TUNSETVNETHDRSZ, Structs.ofInt(size));
    }

    int vnetHeaderSize() throws SyscallException {
        ByteBuffer size = Structs.allocate(Integer.BYTES);
        call("TUNGETVNETHDRSZ", TunIoctl.TUNGETVNETHDRSZ, size);
        return size.getInt(0);
    }

    /** Fixes the byte order of the header's fields, which is the host's otherwise. */
    void setVnetLittleEndian() throws SyscallException {
        call("TUNSETVNETLE", TunIoctl.TUNSETVNETLE, Structs.ofInt(1));
    }

    /** What is written and not yet out of the kernel's hands may have so many bytes; INT_MAX is any number. */
    int sendBufferSize() throws SyscallException {
        ByteBuffer size = Structs.allocate(Integer.BYTES);
        call("TUNGETSNDBUF", TunIoctl.TUNGETSNDBUF, size);
        return size.getInt(0);
    }

    void setOffload(int mask) throws SyscallException {
        call("TUNSETOFFLOAD", TunIoctl.TUNSETOFFLOAD, mask);
    }

    MacAddress mac() throws SyscallException {
        IfReq request = new IfReq();
        call("SIOCGIFHWADDR", TunIoctl.SIOCGIFHWADDR, request.memory());
        return MacAddress.of(request.hardwareAddress());
    }

    void setMac(MacAddress mac) throws SyscallException {
        call(
                "SIOCSIFHWADDR",
                TunIoctl.SIOCSIFHWADDR,
                new IfReq().hardwareAddress(mac.toBytes()).memory());
    }

    void setMacFilter(MacReceiveFilter filter) throws SyscallException {
        List<byte[]> addresses =
                filter.addresses().stream().map(MacAddress::toBytes).collect(Collectors.toList());
        call("TUNSETTXFILTER", TunIoctl.TUNSETTXFILTER, TunFilter.of(filter.isAllMulticast(), addresses));
    }

    void clearMacFilter() throws SyscallException {
        call("TUNSETTXFILTER", TunIoctl.TUNSETTXFILTER, TunFilter.of(false, List.of()));
    }

    void attachFilter(long[] program) throws SyscallException {
        SockFprog filter = new SockFprog(libc, program);
        try {
            call("TUNATTACHFILTER", TunIoctl.TUNATTACHFILTER, filter.memory());
        } finally {
            Reference.reachabilityFence(filter);
        }
    }

    void detachFilter() throws SyscallException {
        call("TUNDETACHFILTER", TunIoctl.TUNDETACHFILTER, 0);
    }

    void setSteering(int programFd) throws SyscallException {
        call("TUNSETSTEERINGEBPF", TunIoctl.TUNSETSTEERINGEBPF, Structs.ofInt(programFd));
    }

    void setFilterProgram(int programFd) throws SyscallException {
        call("TUNSETFILTEREBPF", TunIoctl.TUNSETFILTEREBPF, Structs.ofInt(programFd));
    }

    /** A new descriptor of the network namespace that the interface is in now, to be closed by the caller. */
    int namespace() throws SyscallException {
        return call("TUNGETDEVNETNS", TunIoctl.TUNGETDEVNETNS, 0);
    }

    /** Makes an adopted descriptor what our own ones are from the start. */
    void setNonBlockingAndCloseOnExec() throws SyscallException {
        int flags = call("fcntl F_GETFL", () -> libc.fcntl(fd, Fcntl.F_GETFL, 0));
        call("fcntl F_SETFL", () -> libc.fcntl(fd, Fcntl.F_SETFL, flags | Fcntl.O_NONBLOCK));
        call("fcntl F_SETFD", () -> libc.fcntl(fd, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC));
    }

    private int call(String operation, int request, ByteBuffer argument) throws SyscallException {
        return call(operation, () -> libc.ioctl(fd, request, argument));
    }

    private int call(String operation, int request, long argument) throws SyscallException {
        return call(operation, () -> libc.ioctl(fd, request, argument));
    }

    private synchronized int call(String operation, IntSupplier call) throws SyscallException {
        if (fd == CLOSED) {
            throw new SyscallException(operation, -Errno.EBADF.number());
        }
        int result = Retry.onInterrupt(call);
        if (result < 0) {
            throw new SyscallException(operation, result);
        }
        return result;
    }

    /** Gives the descriptor back to whoever it was taken over from. */
    synchronized void release() {
        if (fd != CLOSED) {
            OWNED.remove(fd);
            fd = CLOSED;
        }
    }

    @Override
    public void close() {
        int closing;
        synchronized (this) {
            closing = fd;
            fd = CLOSED;
        }
        if (closing != CLOSED) {
            OWNED.remove(closing); // Before the number is free, so that its next owner is not taken for this one.
            libc.close(closing);
            closeListener.run();
        }
    }
}
