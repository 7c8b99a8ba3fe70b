/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What the coalescer needs to know of one frame: its flow, and whether it may be part of a GSO frame. Offsets count from
 * the first byte of the frame. One object serves all frames, one after the other.
 */
final class Segment {

    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int IPV4_SOURCE = 12;
    private static final int TCP_FLAGS = 13;
    private static final int FORBIDDEN_FLAGS = TcpHeader.FLAG_SYN | TcpHeader.FLAG_RST | TcpHeader.FLAG_URG;

    /** How far into a frame its headers are read: beyond that, it belongs to no flow. */
    static final int WINDOW = 256;

    /** The headers, copied out once: a dozen fields are cheaper to read from there than through the layers of a slice. */
    final byte[] window = new byte[WINDOW];

    private final ByteBuf bytes = Unpooled.wrappedBuffer(window);
    private final SlabView slab = new SlabView();
    private ByteBuf content;
    private int index;
    private int length;
    int network;
    int transport;
    int headers;
    int payload;
    boolean v6;
    boolean tcp;
    int hash;

    /**
     * Reads a frame.
     *
     * @return true if the frame belongs to a TCP or UDP flow
     */
    boolean read(VirtioNetFrame frame) {
        content = frame.content();
        index = content.readerIndex();
        length = content.readableBytes();
        int seen = Math.min(length, WINDOW);
        content.getBytes(index, window, 0, seen);
        int found = EthernetHeader.network(bytes, 0, seen);
        if (found == Wire.MALFORMED) {
            return false;
        }
        network = EthernetHeader.networkOffset(found);
        int type = EthernetHeader.networkType(found);
        v6 = type == EthernetHeader.TYPE_IPV6;
        if (!(v6 ? readIpv6() : type == EthernetHeader.TYPE_IPV4 && readIpv4())) {
            return false;
        }
        hash = hash();
        return true;
    }

    private boolean readIpv4() {
        int headerLength = Ipv4Header.check(bytes, network, length);
        if (headerLength == Wire.MALFORMED || Ipv4Header.isFragment(bytes, network)) {
            return false;
        }
        transport = network + headerLength;
        return readTransport(Ipv4Header.protocol(bytes, network), network + Ipv4Header.totalLength(bytes, network));
    }

    private boolean readIpv6() {
        if (Ipv6Header.check(bytes, network, length) == Wire.MALFORMED) {
            return false;
        }
        int end = network + Ipv6Header.LENGTH + Ipv6Header.payloadLength(bytes, network);
        int found = Ipv6Header.transport(bytes, network, Math.min(end, WINDOW));
        if (found == Wire.MALFORMED) {
            return false;
        }
        transport = network + Ipv6Header.transportOffset(found);
        return readTransport(Ipv6Header.transportProtocol(found), end);
    }

    private boolean readTransport(int protocol, int end) {
        tcp = protocol == Ipv4Header.PROTOCOL_TCP;
        if (!tcp && protocol != Ipv4Header.PROTOCOL_UDP) {
            return false;
        }
        if (transport + (tcp ? TcpHeader.MIN_LENGTH : UdpHeader.LENGTH) > WINDOW) {
            return false;
        }
        int found = tcp ? TcpHeader.check(bytes, transport, end) : UdpHeader.check(bytes, transport, end);
        if (found == Wire.MALFORMED) {
            return false;
        }
        headers = transport + found;
        // With options beyond the window it is still of its flow, whose run it ends, as if it had nothing to append.
        payload = headers <= WINDOW ? end - headers : 0;
        return true;
    }

    private int hash() {
        int addresses = v6
                ? int32(window, Ipv6Header.sourceIndex(network) + 12) * 31
                        + int32(window, Ipv6Header.destinationIndex(network) + 12)
                : int32(window, network + IPV4_SOURCE) * 31 + int32(window, network + IPV4_SOURCE + 4);
        int mixed = (addresses * 31 + int32(window, transport)) * 0x9e3779b9;
        return mixed ^ mixed >>> 16;
    }

    /** Tells whether the frame may be part of a GSO frame, which means that its checksums are right, too. */
    boolean isCandidate(VirtioNetFrame frame) {
        if (frame.isGsoFrame() || frame.verdict() != FrameVerdict.WELL_FORMED || payload == 0) {
            return false;
        }
        // Padding would become payload.
        if (headers + payload != length) {
            return false;
        }
        if (tcp) {
            int flags = tcpFlags();
            if ((flags & FORBIDDEN_FLAGS) != 0 || (flags & TcpHeader.FLAG_ACK) == 0) {
                return false;
            }
        } else if (UdpHeader.length(bytes, transport) != length - transport
                || UdpHeader.checksum(bytes, transport) == 0) {
            return false;
        }
        return hasRightNetworkHeader() && hasRightChecksum(frame);
    }

    private boolean hasRightNetworkHeader() {
        if (v6) {
            return !Checksums.isSourceRouted(bytes, network, transport - network);
        }
        return transport - network == Ipv4Header.MIN_LENGTH && headerSum() == 0xffff;
    }

    private int headerSum() {
        long sum = 0;
        for (int at = network; at < transport; at += Integer.BYTES) {
            sum += int32(window, at) & 0xffff_ffffL;
        }
        return InternetChecksum.fold(sum);
    }

    private boolean hasRightChecksum(VirtioNetFrame frame) {
        ChecksumState state = frame.checksum();
        if (state == ChecksumState.PARTIAL) {
            int field = tcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET;
            return frame.checksumStart() == transport && frame.checksumOffset() == field;
        }
        if (state == ChecksumState.VALID) {
            return true;
        }
        int protocol = tcp ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_UDP;
        int pseudo = Checksums.pseudoHeader(bytes, network, v6, protocol, length - transport);
        int sum = slab.sum(content, index + transport, length - transport);
        return InternetChecksum.add(sum, pseudo) == 0xffff;
    }

    int tcpFlags() {
        return window[transport + TCP_FLAGS] & 0xff;
    }

    // Straight from the array: there are dozens of reads for a frame, and each through a ByteBuf is a virtual call and
    // checks its reference count again.

    static int int16(byte[] bytes, int at) {
        return (short) SHORTS.get(bytes, at) & 0xffff;
    }

    static int int32(byte[] bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    static long int64(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    /** Forgets the frame, so that nothing holds on to it. */
    void forget() {
        content = null;
        slab.forget();
    }
}
