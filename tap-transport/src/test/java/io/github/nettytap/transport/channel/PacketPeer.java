/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.LibC;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A packet socket (packet(7)) on the kernel's side of a TAP: what it sends the channel receives, and the reverse.
 *
 * <p>Must be made by a thread that is in the network namespace of the interface.
 */
final class PacketPeer extends FdPeer {

    /** {@code struct virtio_net_hdr}, which has no number of buffers. */
    static final int VNET_HEADER_SIZE = 10;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int ETH_P_ALL = 3;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;

    private PacketPeer(int fd) {
        super(fd);
    }

    static PacketPeer open(int ifindex) {
        LibC libc = LibC.get();
        // Bound before it listens to any protocol, so that it never hears another interface.
        PacketPeer peer = new PacketPeer(check("socket", libc.socket(AF_PACKET, SOCK_RAW, 0)));
        check("setsockopt", libc.setsockopt(peer.fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, ofInt(1)));
        check("setsockopt", libc.setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUFFORCE, ofInt(64 << 20)));
        ByteBuffer address = ByteBuffer.allocateDirect(20).order(ByteOrder.nativeOrder());
        address.putShort(0, (short) AF_PACKET);
        address.order(ByteOrder.BIG_ENDIAN).putShort(2, (short) ETH_P_ALL);
        address.order(ByteOrder.nativeOrder()).putInt(4, ifindex);
        check("bind", libc.bind(peer.fd(), address));
        return peer;
    }

    /** From now on every frame that is sent or received has a virtio-net header. */
    void exchangeVnetHeaders() {
        check("setsockopt", LibC.get().setsockopt(fd(), SOL_PACKET, PACKET_VNET_HDR, ofInt(1)));
    }

    private static ByteBuffer ofInt(int value) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        return buffer.putInt(0, value);
    }
}
