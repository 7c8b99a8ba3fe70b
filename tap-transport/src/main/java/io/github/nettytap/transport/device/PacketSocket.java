/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.IfReq;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Retry;
import io.github.nettytap.transport.linux.SockaddrLl;
import io.github.nettytap.transport.linux.Sockets;
import io.github.nettytap.transport.linux.Structs;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.github.nettytap.transport.packet.PacketCalls;
import io.github.nettytap.transport.packet.PacketMessages;
import io.netty.buffer.ByteBuf;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * A packet socket (packet(7)): the Ethernet frames of a link of the kernel, whatever its kind, beside the kernel's own
 * use of that link.
 *
 * <pre>{@code
 * try (PacketSocket eth0 = PacketSocket.builder("eth0").vnetHeader(VnetHeader.V1).open()) {
 *     new Bootstrap().group(group).channelFactory(() -> new TapChannel(eth0)).handler(…).register().sync();
 * }
 * }</pre>
 *
 * <p>A TAP gives this process the other end of a cable; a packet socket listens and speaks at this machine's end of
 * one. What comes in is seen here <em>and</em> by the kernel, which goes on to answer to its own addresses. What is
 * sent here leaves through the link, and is not seen by the kernel of this machine.
 *
 * <p>Frames are complete: the kernel keeps a VLAN tag beside the frame (and takes it out of every frame that comes in),
 * and the channel puts it back, with what the virtio-net header says about places in the frame. GSO frames and partial
 * checksums are taken and given as by a TAP with all offloads: the kernel does for the link what it cannot do itself.
 *
 * <p>It is bound by ifindex, so that a renamed link stays the one; a link that is deleted, or moves to another network
 * namespace, ends the channel. Thread-safe.
 */
public final class PacketSocket implements AutoCloseable {

    /** The bytes of {@code struct sockaddr_ll}, which {@link PacketSocketBuilder#addresses} puts in front of frames. */
    public static final int ADDRESS_LENGTH = SockaddrLl.SIZE;

    /** The packet type of a frame that leaves through the link (linux/if_packet.h). */
    public static final int PACKET_OUTGOING = 4;

    // linux/sockios.h, linux/if.h, linux/if_arp.h
    private static final int IFF_UP = 1;
    private static final int SIOCGIFNAME = 0x8910;
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int SIOCGIFINDEX = 0x8933;
    private static final int SIOCGSKNS = 0x894c;
    private static final int ARPHRD_ETHER = 1;
    private static final int ARPHRD_LOOPBACK = 772;

    private static final int CLOSED = -1;
    private static final int ALL_LINKS = 0;

    /** What waits for a slow link before a write has to wait: some 50 GSO frames. */
    private static final int SEND_BUFFER_BYTES = 4 << 20;

    static {
        PacketCalls.TAKEOVER.provide((socket, closeRequest) -> ((PacketSocket) socket).take(closeRequest));
    }

    private final LibC libc;
    private final VnetHeader vnetHeader;
    private final boolean addresses;
    private final int ifindex;
    private volatile String lastName;
    private volatile int fd;
    private int kernelHeaderSize;
    private long received;
    private long drops;
    private Runnable closeRequest;
    private boolean closing;

    private PacketSocket(LibC libc, int fd, int ifindex, PacketSocketBuilder settings) {
        this.libc = libc;
        this.fd = fd;
        this.ifindex = ifindex;
        vnetHeader = settings.vnetHeader();
        addresses = settings.addresses();
        lastName = ifindex == ALL_LINKS ? "any" : settings.link();
    }

    /**
     * Starts the description of a socket on one link.
     *
     * @param link the name of the link
     * @return the builder
     */
    public static PacketSocketBuilder builder(String link) {
        if (link.isEmpty()) {
            throw new IllegalArgumentException("no link (expected: a name, or builder() for all links)");
        }
        return new PacketSocketBuilder(link);
    }

    /**
     * Starts the description of a socket that receives the frames of all links of its network namespace, those that
     * come later included.
     *
     * @return the builder
     */
    public static PacketSocketBuilder builder() {
        return new PacketSocketBuilder("");
    }

    static PacketSocket open(LibC libc, PacketSocketBuilder settings) throws TapException {
        // Protocol 0: it hears nothing until it is bound to its link.
        int type = Sockets.SOCK_RAW | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        int fd = libc.socket(Sockets.AF_PACKET, type, 0);
        if (fd < 0) {
            throw PacketErrors.open(settings.link(), new SyscallException("open packet socket", fd));
        }
        PacketSocket socket = null;
        try {
            int ifindex = settings.link().isEmpty() ? ALL_LINKS : ifindex(libc, fd, settings.link());
            PacketSocket opened = new PacketSocket(libc, fd, ifindex, settings);
            opened.setUp(settings);
            socket = opened;
            return opened;
        } catch (SyscallException e) {
            throw PacketErrors.open(settings.link(), e);
        } finally {
            if (socket == null) {
                libc.close(fd);
            }
        }
    }

    private static int ifindex(LibC libc, int fd, String link) throws SyscallException, TapException {
        if (!InterfaceName.fault(link).isEmpty()) {
            throw PacketErrors.noSuchLink("find link", link); // It would not even fit into the question.
        }
        IfReq request = new IfReq(link);
        int result = Retry.onInterrupt(() -> libc.ioctl(fd, SIOCGIFINDEX, request.memory()));
        if (result < 0) {
            throw new SyscallException("find link", result);
        }
        return request.memory().getInt(IfReq.NAME_SIZE);
    }

    private void setUp(PacketSocketBuilder settings) throws SyscallException, TapException {
        set("PACKET_AUXDATA", Sockets.PACKET_AUXDATA, 1);
        if (!settings.outgoing()) {
            set("PACKET_IGNORE_OUTGOING", Sockets.PACKET_IGNORE_OUTGOING, 1);
        }
        setVnetHeader();
        buffer(Sockets.SO_RCVBUFFORCE, Sockets.SO_RCVBUF, settings.receiveBufferBytes());
        buffer(Sockets.SO_SNDBUFFORCE, Sockets.SO_SNDBUF, SEND_BUFFER_BYTES);
        if (settings.promiscuous() && ifindex != ALL_LINKS) {
            ByteBuffer membership =
                    Structs.allocate(16).putInt(0, ifindex).putShort(4, (short) Sockets.PACKET_MR_PROMISC);
            call(
                    "PACKET_ADD_MEMBERSHIP",
                    () -> libc.setsockopt(fd, Sockets.SOL_PACKET, Sockets.PACKET_ADD_MEMBERSHIP, membership));
        }
        // Last, since frames come from now on.
        call("bind packet socket", () -> libc.bind(fd, SockaddrLl.of(ifindex)));
        if (ifindex != ALL_LINKS) {
            int type = SockaddrLl.hardwareType(boundTo());
            if (!isEthernet(type)) {
                throw PacketErrors.noEthernet(lastName, type);
            }
        }
    }

    private void setVnetHeader() throws SyscallException, TapException {
        kernelHeaderSize = vnetHeader.length();
        if (!vnetHeader.isPresent()) {
            return;
        }
        try {
            set("PACKET_VNET_HDR_SZ", Sockets.PACKET_VNET_HDR_SZ, vnetHeader.length());
        } catch (SyscallException tooOld) {
            // Before Linux 6.6 there are 10 bytes, and the channel has to make room for the number of buffers.
            kernelHeaderSize = VnetHeader.LEGACY.length();
            try {
                set("PACKET_VNET_HDR", Sockets.PACKET_VNET_HDR, 1);
            } catch (SyscallException e) {
                throw PacketErrors.noVnetHeader(lastName, e);
            }
        }
    }

    private void set(String name, int option, int value) throws SyscallException {
        call(name, () -> libc.setsockopt(fd, Sockets.SOL_PACKET, option, Structs.ofInt(value)));
    }

    /** As much as this user may have. */
    private void buffer(int forced, int option, int bytes) throws SyscallException {
        if (libc.setsockopt(fd, Sockets.SOL_SOCKET, forced, Structs.ofInt(bytes)) < 0) {
            call("setsockopt", () -> libc.setsockopt(fd, Sockets.SOL_SOCKET, option, Structs.ofInt(bytes)));
        }
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

    private ByteBuffer boundTo() throws SyscallException {
        ByteBuffer address = Structs.allocate(SockaddrLl.SIZE);
        call("getsockname", () -> libc.getsockname(fd, address));
        return address;
    }

    /**
     * Whether a link of this kind carries Ethernet frames.
     *
     * @param hardwareType its ARPHRD_ number
     * @return true for Ethernet and loopback
     */
    public static boolean isEthernet(int hardwareType) {
        return hardwareType == ARPHRD_ETHER || hardwareType == ARPHRD_LOOPBACK;
    }

    /**
     * The link that a received frame passed, from the address in front of it.
     *
     * @param frame a frame of a socket with {@link PacketSocketBuilder#addresses}
     * @param index where the address starts
     * @return the ifindex
     */
    public static int ifindex(ByteBuf frame, int index) {
        return frame.getIntLE(index + 4);
    }

    /**
     * The kind of that link.
     *
     * @param frame a frame of a socket with {@link PacketSocketBuilder#addresses}
     * @param index where the address starts
     * @return its ARPHRD_ number
     */
    public static int hardwareType(ByteBuf frame, int index) {
        return frame.getUnsignedShortLE(index + 8);
    }

    /**
     * Whom a received frame is for.
     *
     * @param frame a frame of a socket with {@link PacketSocketBuilder#addresses}
     * @param index where the address starts
     * @return a PACKET_ number of linux/if_packet.h, such as {@link #PACKET_OUTGOING}
     */
    public static int packetType(ByteBuf frame, int index) {
        return frame.getUnsignedByte(index + 10);
    }

    /**
     * Whether a frame is one of the loopback interface on its way out, which comes in again at once: whoever listens to
     * both directions gets it twice.
     *
     * @param frame a frame of a socket with {@link PacketSocketBuilder#addresses}
     * @param index where the address starts
     * @return true for the first of the two
     */
    public static boolean isLoopedBack(ByteBuf frame, int index) {
        return hardwareType(frame, index) == ARPHRD_LOOPBACK && packetType(frame, index) == PACKET_OUTGOING;
    }

    /**
     * The name of the link, asked for anew, as a link can be renamed.
     *
     * @return the name, the last known one where the link is gone or the socket is closed; {@code any} for all links
     */
    public String name() {
        if (ifindex != ALL_LINKS) {
            String now = nameOf(ifindex);
            if (now != null) {
                lastName = now;
            }
        }
        return lastName;
    }

    /**
     * The name of a link of the network namespace of this socket. Does not wait.
     *
     * @param index the ifindex of the link
     * @return null if there is no such link, or the socket is closed
     */
    public String nameOf(int index) {
        IfReq request = new IfReq();
        request.memory().putInt(IfReq.NAME_SIZE, index);
        try {
            call("SIOCGIFNAME", () -> libc.ioctl(fd, SIOCGIFNAME, request.memory()));
            return request.name();
        } catch (SyscallException e) {
            return null;
        }
    }

    /**
     * The number of the link.
     *
     * @return the ifindex, 0 for all links
     */
    public int ifindex() {
        return ifindex;
    }

    /**
     * Whether it receives the frames of all links, those that come later included.
     *
     * @return true for a socket without a link of its own
     */
    public boolean isForAllLinks() {
        return ifindex == ALL_LINKS;
    }

    /**
     * The descriptor. It is non-blocking and close-on-exec, and stays the property of this object.
     *
     * @return the number, or -1 once closed
     */
    public int fd() {
        return fd;
    }

    /**
     * Whether the socket is open. It stays so when the link is deleted.
     *
     * @return false once closed
     */
    public boolean isOpen() {
        return fd != CLOSED;
    }

    /**
     * The virtio-net header in front of each frame.
     *
     * @return that of the builder
     */
    public VnetHeader vnetHeader() {
        return vnetHeader;
    }

    /**
     * The length of the virtio-net header that the kernel reads and writes: 10 bytes before Linux 6.6.
     *
     * @return the number of bytes, 0 without a header
     */
    public int kernelHeaderSize() {
        return kernelHeaderSize;
    }

    /**
     * Whether the address of each received frame is in front of it.
     *
     * @return what was built
     */
    public boolean hasAddresses() {
        return addresses;
    }

    /**
     * What frames that are sent may leave to the kernel, which does it in software where the link cannot. None can be
     * declined for frames that are received.
     *
     * @return all but the tunnel offloads, or without USO on a kernel that is too old for it; nothing without a header
     */
    public Set<TapOffload> offloads() {
        if (!vnetHeader.isPresent()) {
            return TapOffload.NONE;
        }
        // PACKET_VNET_HDR_SZ came after USO (Linux 6.2), and nothing else tells.
        return kernelHeaderSize == vnetHeader.length() && vnetHeader == VnetHeader.V1
                ? TapOffload.ALL
                : EnumSet.of(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6, TapOffload.TSO_ECN);
    }

    /**
     * The link as it is now. Waits for the kernel.
     *
     * @return the link
     * @throws TapException if it is gone, or the socket is for all links
     */
    public Link link() throws TapException {
        try (NetworkNamespace namespace = namespace()) {
            return namespace.isCurrent() ? find() : namespace.call(this::find);
        } catch (TapException | RuntimeException e) {
            throw e;
        } catch (NetlinkException e) {
            throw LinkErrors.link(lastName, e, "");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Link find() throws TapException, NetlinkException {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink.links().at(ifindex).orElseThrow(() -> PacketErrors.noSuchLink("find link", lastName));
        }
    }

    /**
     * The network namespace of the socket.
     *
     * @return the namespace, to be closed by the caller; without CAP_NET_ADMIN the kernel does not tell, and this is
     *     that of the process
     * @throws TapException if the socket is closed
     */
    public NetworkNamespace namespace() throws TapException {
        try {
            return NetworkNamespace.ofDescriptor(libc, call("SIOCGSKNS", () -> libc.ioctl(fd, SIOCGSKNS, 0)));
        } catch (SyscallException e) {
            if (e.is(Errno.EPERM)) {
                return NetworkNamespace.ofThisProcess();
            }
            throw PacketErrors.closed(e.operation(), lastName);
        }
    }

    /**
     * Frames that the kernel dropped since nobody read those before them in time (PACKET_STATISTICS).
     *
     * @return all since the socket was opened
     */
    public synchronized long kernelDrops() {
        readStatistics();
        return drops;
    }

    /**
     * Frames that the link had for this socket, those that were dropped included (PACKET_STATISTICS).
     *
     * @return all since the socket was opened
     */
    public synchronized long kernelFrames() {
        readStatistics();
        return received;
    }

    /** The kernel forgets what it has told. */
    private void readStatistics() {
        ByteBuffer statistics = Structs.allocate(2 * Integer.BYTES);
        if (fd != CLOSED && libc.getsockopt(fd, Sockets.SOL_PACKET, Sockets.PACKET_STATISTICS, statistics) == 0) {
            received += Integer.toUnsignedLong(statistics.getInt(0));
            drops += Integer.toUnsignedLong(statistics.getInt(Integer.BYTES));
        }
    }

    private synchronized PacketCalls take(Runnable request) {
        if (closeRequest != null || closing || !isOpen()) {
            throw new IllegalStateException(
                    (closeRequest != null ? "the socket is taken already: " : "the socket is closed: ") + this);
        }
        closeRequest = request;
        return new Calls();
    }

    /** Closes the socket, or asks the channel that took it to do so; a second call does nothing. */
    @Override
    public void close() {
        Runnable request;
        synchronized (this) {
            closing = true;
            request = closeRequest;
        }
        if (request == null) {
            closeDescriptor();
        } else if (isOpen()) {
            request.run();
        }
    }

    private synchronized void closeDescriptor() {
        if (fd != CLOSED) {
            readStatistics(); // What it has counted last stays known.
            int closed = fd;
            fd = CLOSED;
            libc.close(closed);
        }
    }

    @Override
    public String toString() {
        return "PacketSocket(link=" + lastName + ", ifindex=" + ifindex + ", fd=" + fd + ")";
    }

    /** For the event loop of a channel, which alone closes the descriptor: so no lock, and no object for a frame. */
    private final class Calls implements PacketCalls {

        @Override
        public PacketMessages newMessages(int count) {
            return new PacketMessages(libc, count);
        }

        @Override
        public int receive(PacketMessages messages, int message) {
            try {
                return libc.recvmsg(fd, messages.address(message), Sockets.MSG_DONTWAIT | Sockets.MSG_TRUNC);
            } finally {
                Reference.reachabilityFence(messages);
            }
        }

        @Override
        public int takeError() {
            ByteBuffer error = Structs.ofInt(0);
            int result = libc.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR, error);
            return result < 0 ? -result : error.getInt(0);
        }

        @Override
        public boolean hasLink() {
            try {
                return ifindex == ALL_LINKS || SockaddrLl.ifindex(boundTo()) == ifindex;
            } catch (SyscallException e) {
                return false;
            }
        }

        @Override
        public boolean isLinkUp() {
            String link = name();
            IfReq request = new IfReq(link);
            return libc.ioctl(fd, SIOCGIFFLAGS, request.memory()) == 0 && (request.flags() & IFF_UP) != 0;
        }

        @Override
        public IOException explain(String operation, int errno) {
            return PacketErrors.transfer(operation, lastName, errno);
        }

        @Override
        public IOException malformed(String what) {
            return TapException.malformedFrame(lastName, what);
        }

        @Override
        public void close() {
            closeDescriptor();
        }
    }
}
