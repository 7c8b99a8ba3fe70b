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
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * What the coalescer needs to know of one frame: its flow, and whether it may be part of a GSO frame. Offsets count
 * from the first byte of the frame. One object serves all frames, one after the other.
 */
final class Segment {

    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final long[] KEYS =
            new SecureRandom().longs(6).map(key -> key | 1).toArray();
    private static final int FORBIDDEN_FLAGS =
            TcpHeader.FLAG_SYN | TcpHeader.FLAG_RST | TcpHeader.FLAG_URG | TcpHeader.FLAG_CWR;

    static final int TCP4 = 1;
    static final int TCP6 = 2;
    static final int UDP4 = 4;
    static final int UDP6 = 8;

    /** How far into a frame its headers are read: beyond that, it belongs to no flow. */
    static final int WINDOW = 256;

    /** How far the headers of nearly all frames reach: Ethernet with a tag, IPv6 and TCP with timestamps take 90. */
    private static final int USUAL = 96;

    /**
     * The headers, copied out once: a dozen fields are cheaper to read from there than through the layers of a slice.
     */
    final byte[] window = new byte[WINDOW];

    private final ByteBuf bytes = Unpooled.wrappedBuffer(window);
    private final SlabView slab = new SlabView();
    private ByteBuf content;
    private int index;
    private int length;
    private ChecksumState checksum;
    private int checksumStart;
    private int checksumOffset;
    /** Neither a GSO frame nor malformed. */
    private boolean plain;

    int network;
    int transport;
    int headers;
    int payload;
    boolean v6;
    boolean tcp;
    int hash;
    int hostsHash;

    /** What a frame is, by its headers. */
    enum Kind {
        /** Neither TCP nor UDP over IP. */
        OTHER,

        /**
         * Of some flow between two hosts, but of which the frame does not say: its ports are missing, or far behind.
         */
        OF_HOSTS,

        /** Of a TCP or UDP flow. */
        OF_FLOW
    }

    /** Takes a frame to look at. */
    void take(VirtioNetFrame frame) {
        take(frame.content(), 0);
        checksum = frame.checksum();
        checksumStart = frame.checksumStart();
        checksumOffset = frame.checksumOffset();
        plain = !frame.isGsoFrame() && frame.verdict() == FrameVerdict.WELL_FORMED;
    }

    /** Takes a frame behind a virtio-net header of this length, or a complete frame if that is 0, to look at. */
    void take(ByteBuf packet, int headerLength) {
        if (packet.refCnt() == 0) { // Nothing behind this asks again.
            throw new IllegalReferenceCountException(0);
        }
        content = packet;
        int start = packet.readerIndex();
        index = start + headerLength;
        length = Math.max(0, packet.writerIndex() - index);
        checksum = ChecksumState.NONE;
        plain = true;
        if (headerLength > 0 && length > 0 && !VirtioNetHeader.isPlain(packet, start)) {
            int flags = VirtioNetHeader.flags(packet, start);
            plain = VirtioNetHeader.gsoType(packet, start) == VirtioNetHeader.GSO_NONE;
            if ((flags & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0) {
                checksum = ChecksumState.PARTIAL;
                checksumStart = VirtioNetHeader.checksumStart(packet, start);
                checksumOffset = VirtioNetHeader.checksumOffset(packet, start);
            } else if ((flags & VirtioNetHeader.FLAG_DATA_VALID) != 0) {
                checksum = ChecksumState.VALID;
            }
        }
    }

    /** Tells whether the frame that was taken is the next of a run, by the header that is predicted for it. */
    boolean isPredicted(GroFlow run) {
        if (!plain || length != run.predictedLength()) {
            return false;
        }
        int at = slab.locate(content, index);
        return at >= 0 && run.predicts(this, slab.memory(), at);
    }

    /** Reads the frame that was taken. */
    Kind read() {
        Kind kind = read(Math.min(length, USUAL));
        // Whatever was read beyond the usual is of another frame, and says nothing of this one.
        return kind == Kind.OF_FLOW && headers <= USUAL || length <= USUAL ? kind : read(Math.min(length, WINDOW));
    }

    /** By accessors, since getBytes makes a view of each slice, which is garbage, where Netty has no Unsafe. */
    private void copyHeaders(int seen) {
        int at = 0;
        for (; at <= seen - Long.BYTES; at += Long.BYTES) {
            bytes.setLong(at, content.getLong(index + at));
        }
        for (; at < seen; at++) {
            window[at] = content.getByte(index + at);
        }
    }

    private Kind read(int seen) {
        copyHeaders(seen);
        int found = EthernetHeader.network(bytes, 0, seen);
        if (found == Wire.MALFORMED) {
            return Kind.OTHER;
        }
        network = EthernetHeader.networkOffset(found);
        int type = EthernetHeader.networkType(found);
        v6 = type == EthernetHeader.TYPE_IPV6;
        Kind kind = v6 ? readIpv6() : type == EthernetHeader.TYPE_IPV4 ? readIpv4() : Kind.OTHER;
        if (kind != Kind.OTHER) {
            hash();
        }
        return kind;
    }

    private Kind readIpv4() {
        int headerLength = Ipv4Header.check(bytes, network, length);
        if (headerLength == Wire.MALFORMED) {
            return Kind.OTHER;
        }
        transport = network + headerLength;
        if (Ipv4Header.isFragment(bytes, network)) {
            return Kind.OF_HOSTS;
        }
        return readTransport(Ipv4Header.protocol(bytes, network), network + Ipv4Header.totalLength(bytes, network));
    }

    private Kind readIpv6() {
        if (Ipv6Header.check(bytes, network, length) == Wire.MALFORMED) {
            return Kind.OTHER;
        }
        transport = network + Ipv6Header.LENGTH;
        int end = network + Ipv6Header.LENGTH + Ipv6Header.payloadLength(bytes, network);
        int found = Ipv6Header.transport(bytes, network, Math.min(end, WINDOW));
        if (found == Wire.MALFORMED || Ipv6Header.transportProtocol(found) == Ipv6Header.NEXT_FRAGMENT) {
            return Kind.OF_HOSTS;
        }
        transport = network + Ipv6Header.transportOffset(found);
        return readTransport(Ipv6Header.transportProtocol(found), end);
    }

    private Kind readTransport(int protocol, int end) {
        tcp = protocol == Ipv4Header.PROTOCOL_TCP;
        if (!tcp && protocol != Ipv4Header.PROTOCOL_UDP) {
            return Kind.OTHER;
        }
        if (transport + (tcp ? TcpHeader.MIN_LENGTH : UdpHeader.LENGTH) > WINDOW) {
            return Kind.OF_HOSTS;
        }
        int found = tcp ? TcpHeader.check(bytes, transport, end) : UdpHeader.check(bytes, transport, end);
        if (found == Wire.MALFORMED) {
            return Kind.OF_HOSTS;
        }
        headers = transport + found;
        // With options beyond the window it is still of its flow, whose run it ends, as if it had nothing to append.
        payload = headers <= WINDOW ? end - headers : 0;
        return Kind.OF_FLOW;
    }

    /**
     * Takes the hashes of the addresses, and of these with the ports. Keyed, since whoever sends the frames chooses the
     * numbers: pair-multiply-shift, whose collisions are as rare as by chance to those who do not know the key.
     */
    private void hash() {
        long hosts;
        if (v6) {
            int source = Ipv6Header.sourceIndex(network);
            int destination = Ipv6Header.destinationIndex(network);
            hosts = pair(int64(window, source), int64(window, source + Long.BYTES), KEYS[0], KEYS[1])
                    + pair(int64(window, destination), int64(window, destination + Long.BYTES), KEYS[2], KEYS[3]);
        } else {
            int source = network + Ipv4Header.SOURCE_OFFSET;
            hosts = pair(int32(window, source), int32(window, source + Integer.BYTES), KEYS[0], KEYS[1]);
        }
        hostsHash = (int) (hosts >>> Integer.SIZE);
        long ports = transport + Integer.BYTES <= WINDOW ? int32(window, transport) : 0;
        hash = (int) ((hosts + (ports + KEYS[5]) * KEYS[4]) >>> Integer.SIZE);
    }

    private static long pair(long first, long second, long firstKey, long secondKey) {
        return (first + firstKey) * (second + secondKey);
    }

    /**
     * Tells whether the frame may be part of a GSO frame by its headers. Its transport checksum must be right, too,
     * which is looked at once there is a frame to coalesce it with.
     */
    boolean isCandidate() {
        if (!plain || payload == 0) {
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
        return hasRightNetworkHeader() && hasChecksumInPlace(transport, tcp);
    }

    /** Tells whether a partial checksum, if it is one, is that of the transport header. */
    boolean hasChecksumInPlace(int transportOffset, boolean isTcp) {
        int field = isTcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET;
        return checksum != ChecksumState.PARTIAL || checksumStart == transportOffset && checksumOffset == field;
    }

    /** Whether nobody knows of the transport checksum, so that it has to be verified. */
    boolean isUnverified() {
        return checksum == ChecksumState.NONE;
    }

    /** Copies the payload of the frame that was taken. */
    void copyPayload(int headerLength, ByteBuf target, int at, int payloadLength) {
        content.getBytes(index + headerLength, target, at, payloadLength);
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

    /** Tells whether the transport checksum of the frame that was read is right, or nobody is to look at it. */
    boolean hasRightChecksum() {
        if (!isUnverified()) {
            return true;
        }
        int protocol = tcp ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_UDP;
        int pseudo = Checksums.pseudoHeader(bytes, network, v6, protocol, length - transport);
        return isRight(content, index + transport, length - transport, pseudo);
    }

    /** Tells whether this is the sum of a right checksum. */
    boolean isRight(ByteBuf buffer, int start, int bytesToSum, int pseudo) {
        return InternetChecksum.add(slab.sum(buffer, start, bytesToSum), pseudo) == 0xffff;
    }

    /** {@link #TCP4}, {@link #TCP6}, {@link #UDP4} or {@link #UDP6}. */
    int kindBit() {
        return tcp ? v6 ? TCP6 : TCP4 : v6 ? UDP6 : UDP4;
    }

    int tcpFlags() {
        return window[transport + TcpHeader.FLAGS_OFFSET] & 0xff;
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
