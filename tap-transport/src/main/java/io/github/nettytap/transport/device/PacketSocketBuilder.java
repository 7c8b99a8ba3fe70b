/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.linux.LibC;

import java.util.Objects;

/** Describes a {@link PacketSocket}. Not thread-safe; may be used again. */
public final class PacketSocketBuilder {

    private static final int RECEIVE_BUFFER_BYTES = 16 << 20;

    private final String link;
    private NetworkNamespace namespace;
    private VnetHeader vnetHeader = VnetHeader.NONE;
    private boolean promiscuous = true;
    private boolean outgoing;
    private boolean addresses;
    private int receiveBufferBytes = RECEIVE_BUFFER_BYTES;
    private LibC libc;

    /** @param link empty for all links */
    PacketSocketBuilder(String link) {
        this.link = Objects.requireNonNull(link, "link");
    }

    /** For tests. */
    PacketSocketBuilder libc(LibC libc) {
        this.libc = libc;
        return this;
    }

    /**
     * Opens the socket in a network namespace other than that of the calling thread.
     *
     * @param namespace the namespace, which is needed only until the socket is open
     * @return this builder
     */
    public PacketSocketBuilder namespace(NetworkNamespace namespace) {
        this.namespace = namespace;
        return this;
    }

    /**
     * Sets the virtio-net header in front of each frame, received and sent; default none. Without one a frame of this
     * machine's own comes as it is before a network card has completed it: as long as a GSO frame, its checksum partial.
     *
     * @param vnetHeader none, or one of 10 or 12 bytes
     * @return this builder
     * @throws IllegalArgumentException if packet sockets have no such header
     */
    public PacketSocketBuilder vnetHeader(VnetHeader vnetHeader) {
        if (vnetHeader.length() > VnetHeader.V1.length()) {
            throw new IllegalArgumentException("packet sockets have no such virtio-net header: vnetHeaderSize="
                    + vnetHeader.length() + " (expected: 0, 10 or 12)");
        }
        this.vnetHeader = vnetHeader;
        return this;
    }

    /**
     * Whether the link is to take in frames to any MAC address for as long as the socket is open; default true. Without
     * effect on a socket for all links.
     *
     * @param promiscuous false for frames that the link takes in anyway
     * @return this builder
     */
    public PacketSocketBuilder promiscuous(boolean promiscuous) {
        this.promiscuous = promiscuous;
        return this;
    }

    /**
     * Whether frames that leave through the link are received too, those that this socket sends included; default
     * false. A kernel before Linux 4.20 does not know the difference, and opening fails there.
     *
     * @param outgoing true for both directions, as a capture has it
     * @return this builder
     */
    public PacketSocketBuilder outgoing(boolean outgoing) {
        this.outgoing = outgoing;
        return this;
    }

    /**
     * Puts the address that the kernel tells with each received frame in front of it: {@code struct sockaddr_ll}, {@value
     * PacketSocket#ADDRESS_LENGTH} bytes, from which {@link PacketSocket#ifindex(io.netty.buffer.ByteBuf, int)} and its
     * neighbors read. Default false.
     *
     * @param addresses true for addresses
     * @return this builder
     */
    public PacketSocketBuilder addresses(boolean addresses) {
        this.addresses = addresses;
        return this;
    }

    /**
     * Sets how many bytes of kernel memory may hold frames that wait for their reader, before more are dropped and
     * counted; default 16 MiB, some 20,000 small frames or 200 GSO frames. The memory is taken as frames come. Without
     * CAP_NET_ADMIN the kernel allows no more than {@code net.core.rmem_max}.
     *
     * @param bytes at least 1
     * @return this builder
     */
    public PacketSocketBuilder receiveBuffer(int bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("too small a receive buffer: bytes=" + bytes + " (expected: 1 or more)");
        }
        receiveBufferBytes = bytes;
        return this;
    }

    /**
     * Opens the socket.
     *
     * @return the socket, to be closed by the caller
     * @throws TapException if there is no such link, it carries no Ethernet frames, or the kernel refuses
     */
    public PacketSocket open() throws TapException {
        LibC calls = libc == null ? TapAvailability.libc() : libc;
        if (namespace == null || namespace.isCurrent()) {
            return PacketSocket.open(calls, this);
        }
        try {
            return namespace.call(() -> PacketSocket.open(calls, this));
        } catch (TapException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    String link() {
        return link;
    }

    VnetHeader vnetHeader() {
        return vnetHeader;
    }

    boolean promiscuous() {
        return promiscuous;
    }

    boolean outgoing() {
        return outgoing;
    }

    boolean addresses() {
        return addresses;
    }

    int receiveBufferBytes() {
        return receiveBufferBytes;
    }
}
