/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
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
import java.util.function.BiConsumer;

/**
 * Consecutive frames of one flow that will leave as one GSO frame, or a single frame that will leave as it came.
 *
 * <p>The rules are those of the kernel ({@code tcp_gro_receive}, {@code udp_gro_receive_segment}, {@code
 * inet_gro_flush}, {@code ipv6_gro_flush}); each refusal says its reason.
 */
final class GroFlow {

    private static final int MAX_IP_LENGTH = 0xffff;
    // UDP_GRO_CNT_MAX: a flood of tiny datagrams would else hold much more memory than payload.
    private static final int MAX_DATAGRAMS = 64;

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

    /** Whether the run is in the flow table, so that frames may join it. */
    boolean isOpen;

    int hash;
    private int hostsHash;
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
        hostsHash = segment.hostsHash;
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

    /**
     * Tells whether a frame is of the flow of this run: same Ethernet header with tags, addresses and ports, wherever
     * the ports of each are. Whatever else differs ends the run, so that the frames of a flow keep their order.
     */
    boolean isFlowOf(Segment other) {
        return hash == other.hash
                && network == other.network
                && tcp == other.tcp
                && Segment.int32(header, transport) == Segment.int32(other.window, other.transport)
                && v6 == other.v6
                && (v6 ? other.isBetweenHostsOf(header, network, true) : hasSameIpv4Addresses(other))
                && equal(other, 0, network);
    }

    private boolean hasSameIpv4Addresses(Segment other) {
        int at = network + Ipv4Header.SOURCE_OFFSET;
        return Segment.int64(header, at) == Segment.int64(other.window, at);
    }

    /** Tells whether a frame, of which the flow is not known, may be of the flow of this run. */
    boolean mayBeFlowOf(Segment other) {
        return isOpen && hostsHash == other.hostsHash && other.isBetweenHostsOf(header, network, v6);
    }

    /** The bits of a word in which the headers differ. */
    private int differences(Segment other, int at) {
        return Segment.int32(header, at) ^ Segment.int32(other.window, at);
    }

    private int differences16(Segment other, int at) {
        return Segment.int16(header, at) ^ Segment.int16(other.window, at);
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
        return acceptsNetwork(other) && (!tcp || acceptsTcp(other));
    }

    /** Tells whether the checksum of the first frame is right: asked when there is a second, and once. */
    boolean hasRightChecksum(Segment sums) {
        if (count > 1 || frames[0].checksum() != ChecksumState.NONE) {
            return true;
        }
        ByteBuf content = frames[0].content();
        int index = content.readerIndex();
        int length = content.readableBytes() - transport;
        int protocol = tcp ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_UDP;
        int pseudo = Checksums.pseudoHeader(content, index + network, v6, protocol, length);
        return sums.isRight(content, index + transport, length, pseudo);
    }

    private boolean acceptsNetwork(Segment other) {
        if (v6) {
            // Traffic class, which has ECN in it, next header, hop limit, and extension headers must be the same.
            int extensions = transport - network - Ipv6Header.LENGTH;
            return differences(other, network) == 0
                    && differences16(other, network + Ipv6Header.NEXT_HEADER_OFFSET) == 0
                    && equal(other, network + Ipv6Header.LENGTH, extensions);
        }
        // Type of service, fragment field, time to live and protocol.
        return header[network + 1] == other.window[network + 1]
                && differences(other, network + Ipv4Header.FRAGMENT_OFFSET) == 0
                && identificationMode(other) != ID_UNKNOWN;
    }

    /**
     * The second frame decides whether identifications stay or count up, the others must keep to it. Only with DF,
     * where they mean nothing (RFC 6864), may they stay.
     */
    private int identificationMode(Segment other) {
        int at = network + Ipv4Header.IDENTIFICATION_OFFSET;
        int difference = Segment.int16(other.window, at) - Segment.int16(header, at) & 0xffff;
        boolean dontFragment =
                (Segment.int16(header, network + Ipv4Header.FRAGMENT_OFFSET) & Ipv4Header.DONT_FRAGMENT) != 0;
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
        if ((differences16(other, transport + TcpHeader.DATA_OFFSET_OFFSET) & ~MERGEABLE_FLAGS) != 0) {
            return false;
        }
        // A gap or a retransmission: the receiver must see it as it is.
        int sequence = transport + TcpHeader.SEQUENCE_OFFSET;
        if (Segment.int32(other.window, sequence) != Segment.int32(header, sequence) + payload) {
            return false;
        }
        // Acknowledgment, window, and options with their timestamps. The urgent pointer, too, though it means nothing
        // without URG and the kernel loses it: what goes in must come out again.
        return differences(other, transport + TcpHeader.ACKNOWLEDGMENT_OFFSET) == 0
                && differences16(other, transport + TcpHeader.WINDOW_OFFSET) == 0
                && differences16(other, transport + TcpHeader.URGENT_POINTER_OFFSET) == 0
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
        return !last && count < (tcp ? FrameValidator.MAX_TCP_SEGMENTS : MAX_DATAGRAMS);
    }

    /**
     * Ends the run: hands out its only frame, or the GSO frame of all, and forgets them.
     *
     * @return null if there is no memory for a GSO frame, in which case the run is as it was
     */
    VirtioNetFrame finish(ByteBufAllocator alloc) {
        VirtioNetFrame result = frames[0];
        if (count > 1) {
            try {
                result = merge(alloc);
            } catch (OutOfMemoryError e) {
                return null;
            }
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
        // Allocated before anything is taken apart: if that fails, the run is as it was.
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

    /** Hands out the frames of the run as they came, each with its promise, and forgets them. */
    void takeApart(BiConsumer<VirtioNetFrame, ChannelPromise> output) {
        int i = 0;
        try {
            while (i < count) {
                int next = i++;
                output.accept(frames[next], promises[next]);
            }
        } finally {
            while (i < count) {
                frames[i++].release();
            }
            forget();
        }
    }

    /** Releases what the run holds. */
    void discard() {
        for (int i = 0; i < count; i++) {
            frames[i].release();
        }
        forget();
    }
}
