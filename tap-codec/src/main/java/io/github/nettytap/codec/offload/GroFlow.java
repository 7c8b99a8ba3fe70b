/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

import java.util.Arrays;

/**
 * Consecutive frames of one flow that will leave as one GSO frame, or a single frame that will leave as it came.
 *
 * <p>The rules are those of the kernel ({@code tcp_gro_receive}, {@code udp_gro_receive_segment}, {@code inet_gro_flush},
 * {@code ipv6_gro_flush}); each refusal says its reason.
 */
final class GroFlow {

    private static final int MAX_IP_LENGTH = 0xffff;
    // UDP_GRO_CNT_MAX: a flood of tiny datagrams would else hold much more memory than payload.
    private static final int MAX_DATAGRAMS = 64;

    // Where the fields are that are compared: in bytes from the header's first.
    private static final int IPV4_IDENTIFICATION = 4;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_ADDRESSES = 12;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int IPV6_FLOW_LABEL = 0xfffff;
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_ACKNOWLEDGMENT = 8;
    private static final int TCP_OFFSET_AND_FLAGS = 12;
    private static final int TCP_WINDOW = 14;
    private static final int TCP_URGENT_POINTER = 18;

    private static final int ID_UNKNOWN = 0;
    private static final int ID_FIXED = 1;
    private static final int ID_COUNTING = 2;
    private static final int MERGEABLE_FLAGS = TcpHeader.FLAG_CWR | TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH;
    private static final int CLOSING_FLAGS = TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH;

    private VirtioNetFrame[] frames = new VirtioNetFrame[8];
    private ChannelPromise[] promises = new ChannelPromise[8];
    private int count;

    /** The next run in the same bucket of the flow table. */
    GroFlow next;

    int hash;
    private final byte[] header = new byte[Segment.WINDOW];
    private int closing;
    private int network;
    private int transport;
    private int headers;
    private boolean v6;
    private boolean tcp;
    private int segmentSize;
    private int payload;
    private int identifications;

    /** Starts the run with a frame that stays alone. */
    void startSingle(VirtioNetFrame frame, ChannelPromise promise) {
        frames[0] = frame;
        promises[0] = promise;
        count = 1;
    }

    /**
     * Starts the run with a frame that others may follow.
     *
     * @return whether they may, which they may not behind a frame that ends a run
     */
    boolean start(VirtioNetFrame frame, ChannelPromise promise, Segment segment) {
        startSingle(frame, promise);
        hash = segment.hash;
        System.arraycopy(segment.window, 0, header, 0, segment.headers);
        network = segment.network;
        transport = segment.transport;
        headers = segment.headers;
        v6 = segment.v6;
        tcp = segment.tcp;
        segmentSize = segment.payload;
        payload = segment.payload;
        identifications = ID_UNKNOWN;
        closing = closingFlags(segment);
        return closing == 0;
    }

    private static int closingFlags(Segment segment) {
        return segment.tcp ? segment.tcpFlags() & CLOSING_FLAGS : 0;
    }

    /** Tells whether a frame is of the flow of this run: same Ethernet header with tags, addresses, label and ports. */
    boolean isFlowOf(Segment other) {
        if (hash != other.hash || network != other.network || v6 != other.v6 || tcp != other.tcp) {
            return false;
        }
        boolean sameAddresses = v6
                ? (differences(other, network) & IPV6_FLOW_LABEL) == 0
                        && equal(other, Ipv6Header.sourceIndex(network), 32)
                : sameLong(other, network + IPV4_ADDRESSES);
        return sameAddresses && differences(other, transport) == 0 && equal(other, 0, network);
    }

    /** The bits of a word in which the headers differ. */
    private int differences(Segment other, int at) {
        return Segment.int32(header, at) ^ Segment.int32(other.window, at);
    }

    private int differences16(Segment other, int at) {
        return Segment.int16(header, at) ^ Segment.int16(other.window, at);
    }

    private boolean sameLong(Segment other, int at) {
        return Segment.int64(header, at) == Segment.int64(other.window, at);
    }

    private boolean equal(Segment other, int from, int length) {
        return Arrays.equals(header, from, from + length, other.window, from, from + length);
    }

    /** Tells whether a candidate of the same flow continues this run. */
    boolean accepts(Segment other) {
        // A longer one cannot be a segment of this GSO frame; a shorter one is its last.
        if (other.payload > segmentSize) {
            return false;
        }
        if (other.transport != transport || other.headers != headers) {
            return false;
        }
        if (headers - network + payload + other.payload > MAX_IP_LENGTH) {
            return false;
        }
        return acceptsNetwork(other) && (tcp ? acceptsTcp(other) : count < MAX_DATAGRAMS);
    }

    private boolean acceptsNetwork(Segment other) {
        if (v6) {
            // Traffic class, which has ECN in it, next header, hop limit, and extension headers must be the same.
            int extensions = transport - network - Ipv6Header.LENGTH;
            return differences(other, network) == 0
                    && differences16(other, network + IPV6_NEXT_HEADER) == 0
                    && equal(other, network + Ipv6Header.LENGTH, extensions);
        }
        // Type of service, fragment field, time to live and protocol.
        return header[network + 1] == other.window[network + 1]
                && differences(other, network + IPV4_FRAGMENT) == 0
                && identificationMode(other) != ID_UNKNOWN;
    }

    /**
     * The second frame decides whether identifications stay or count up, the others must keep to it. Only with DF, where
     * they mean nothing (RFC 6864), may they stay.
     */
    private int identificationMode(Segment other) {
        int at = network + IPV4_IDENTIFICATION;
        int difference = Segment.int16(other.window, at) - Segment.int16(header, at) & 0xffff;
        boolean dontFragment = (Segment.int16(header, network + IPV4_FRAGMENT) & Ipv4Header.DONT_FRAGMENT) != 0;
        if (difference == 0 && dontFragment && (count == 1 || identifications == ID_FIXED)) {
            return ID_FIXED;
        }
        boolean counts = difference == (count & 0xffff) && (count == 1 || identifications == ID_COUNTING);
        return counts ? ID_COUNTING : ID_UNKNOWN;
    }

    private boolean acceptsTcp(Segment other) {
        int flags = other.tcpFlags();
        // CWR answers an echo once, so it may only be on the first segment.
        if ((flags & TcpHeader.FLAG_CWR) != 0) {
            return false;
        }
        // Data offset with the reserved bits, and flags, which are in the same word.
        if ((differences16(other, transport + TCP_OFFSET_AND_FLAGS) & ~MERGEABLE_FLAGS) != 0) {
            return false;
        }
        // A gap or a retransmission: the receiver must see it as it is.
        int sequence = transport + TCP_SEQUENCE;
        if (Segment.int32(other.window, sequence) != Segment.int32(header, sequence) + payload) {
            return false;
        }
        // Acknowledgment, window, and options with their timestamps. The urgent pointer, too, though it means nothing
        // without URG and the kernel loses it: what goes in must come out again.
        return differences(other, transport + TCP_ACKNOWLEDGMENT) == 0
                && differences16(other, transport + TCP_WINDOW) == 0
                && differences16(other, transport + TCP_URGENT_POINTER) == 0
                && equal(other, transport + TcpHeader.MIN_LENGTH, headers - transport - TcpHeader.MIN_LENGTH);
    }

    /**
     * Appends a frame that was accepted.
     *
     * @return whether more may follow
     */
    boolean append(VirtioNetFrame frame, ChannelPromise promise, Segment segment) {
        if (!v6) {
            identifications = identificationMode(segment);
        }
        if (count == frames.length) {
            frames = Arrays.copyOf(frames, 2 * count);
            promises = Arrays.copyOf(promises, 2 * count);
        }
        promises[count] = promise;
        frames[count++] = frame;
        payload += segment.payload;
        closing = closingFlags(segment);
        boolean last = segment.payload < segmentSize || closing != 0;
        return !last && (tcp || count < MAX_DATAGRAMS);
    }

    /** Ends the run: hands out its only frame, or the GSO frame of all, and forgets them. */
    VirtioNetFrame finish(ByteBufAllocator alloc) {
        VirtioNetFrame result = frames[0];
        if (count > 1) {
            result = merge(alloc);
            for (int i = 0; i < count; i++) {
                frames[i].release();
            }
        }
        forget();
        return result;
    }

    /** The promise of what {@link #finish} hands out, if the frames came with promises; asked for before that. */
    ChannelPromise promise(ChannelHandlerContext ctx) {
        return count == 1 ? promises[0] : SharedWrite.promise(ctx, promises, count);
    }

    private void forget() {
        Arrays.fill(frames, 0, count, null);
        Arrays.fill(promises, 0, count, null);
        count = 0;
    }

    private VirtioNetFrame merge(ByteBufAllocator alloc) {
        int start = VirtioNetHeader.TUNNEL_LENGTH;
        // Allocated before anything is taken apart: if that fails, the run is still whole, to be discarded.
        ByteBuf content = alloc.directBuffer(start + headers + payload);
        content.writerIndex(start).readerIndex(start);
        content.writeBytes(header, 0, headers);
        for (int i = 0; i < count; i++) {
            ByteBuf next = frames[i].content();
            int from = next.readerIndex() + headers;
            // Asked for its bytes, a slice hands its own memory over; given as a source, it first makes a view of it.
            next.getBytes(from, content, next.writerIndex() - from);
        }
        int ip = start + network;
        int end = content.writerIndex();
        if (v6) {
            Ipv6Header.payloadLength(content, ip, end - ip - Ipv6Header.LENGTH);
        } else {
            Ipv4Header.totalLength(content, ip, end - ip);
            Ipv4Header.updateChecksum(content, ip);
        }
        return tcp
                ? tcpGsoFrame(content, ip, start + transport, end)
                : udpGsoFrame(content, ip, start + transport, end);
    }

    private VirtioNetFrame tcpGsoFrame(ByteBuf content, int ip, int at, int end) {
        int flags = TcpHeader.flags(content, at);
        TcpHeader.flags(content, at, flags | closing);
        TcpHeader.checksum(content, at, Checksums.pseudoHeader(content, ip, v6, Ipv4Header.PROTOCOL_TCP, end - at));
        int type = v6 ? VirtioNetHeader.GSO_TCPV6 : VirtioNetHeader.GSO_TCPV4;
        if ((flags & TcpHeader.FLAG_CWR) != 0) {
            type |= VirtioNetHeader.GSO_ECN;
        }
        return VirtioNetFrame.gsoFrame(content, type, segmentSize, transport, TcpHeader.CHECKSUM_OFFSET, headers);
    }

    private VirtioNetFrame udpGsoFrame(ByteBuf content, int ip, int at, int end) {
        UdpHeader.length(content, at, end - at);
        UdpHeader.checksum(content, at, Checksums.pseudoHeader(content, ip, v6, Ipv4Header.PROTOCOL_UDP, end - at));
        int type = VirtioNetHeader.GSO_UDP_L4;
        return VirtioNetFrame.gsoFrame(content, type, segmentSize, transport, UdpHeader.CHECKSUM_OFFSET, headers);
    }

    /** Releases what the run holds. */
    void discard() {
        for (int i = 0; i < count; i++) {
            frames[i].release();
        }
        forget();
    }
}
