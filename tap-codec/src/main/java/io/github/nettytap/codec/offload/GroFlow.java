/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;

import java.nio.ByteBuffer;
import java.util.Arrays;

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
    private static final int CLOSING_FLAGS = TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH;

    /** Where the frame starts in a GSO frame: behind room for any virtio-net header. */
    private static final int START = VirtioNetHeader.TUNNEL_LENGTH;

    /** How far headers reach that can be predicted, in longs. */
    private static final int PREDICTED_LONGS = 12;

    /** The only frame, a {@link VirtioNetFrame} or a buffer, or the finished GSO frame; null while there are several. */
    private Object single;

    /** The length of the virtio-net header in front of a frame that is a buffer. */
    private int singleHeaderLength;

    /** Null until there is one that is not void. */
    private ChannelPromise[] promises;

    private ChannelPromise firstPromise;

    /** The GSO frame as it grows, once there are two frames. */
    private ByteBuf merged;

    private int count;

    /** The next run in the same bucket of the flow table. */
    GroFlow next;

    /** Whether the run is in the flow table, so that frames may join it. */
    boolean isOpen;

    /** How many runs began before this one since the last flush. */
    int order;

    int hash;
    int hostsHash;
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
    private boolean firstIsUnverified;

    // The header of the next frame, if it is a full segment: the bytes, and which of them must be these.
    private final long[] expected = new long[PREDICTED_LONGS];
    private final long[] mask = new long[PREDICTED_LONGS];
    private int predictedLength;
    private int pseudoHeader;
    private int identificationAndChecksum;

    /** Starts the run with a frame that stays alone, for now. */
    void startSingle(Object frame, int headerLength, ChannelPromise promise) {
        single = frame;
        singleHeaderLength = headerLength;
        firstPromise = promise;
        count = 1;
    }

    /**
     * Says of the single frame that others may follow.
     *
     * @return whether they may, which they may not behind a frame that ends a run
     */
    boolean start(Segment segment) {
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
        firstIsUnverified = segment.isUnverified();
        predictedLength = -1;
        return closing == 0;
    }

    private ByteBuf singleContent() {
        return single instanceof ByteBuf ? (ByteBuf) single : ((VirtioNetFrame) single).content();
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
                && (v6 ? hasSameIpv6Addresses(other) : hasSameIpv4Addresses(other))
                && equal(other, 0, network);
    }

    private boolean hasSameIpv6Addresses(Segment other) {
        return equal(other, network + Ipv6Header.SOURCE_OFFSET, 2 * Ipv6Header.ADDRESS_LENGTH);
    }

    private boolean hasSameIpv4Addresses(Segment other) {
        int at = network + Ipv4Header.SOURCE_OFFSET;
        return Segment.int64(header, at) == Segment.int64(other.window, at);
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
        if (count > 1 || !firstIsUnverified) {
            return true;
        }
        ByteBuf content = singleContent();
        int index = content.readerIndex() + singleHeaderLength;
        int length = content.writerIndex() - index - transport;
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
        // Data offset with the reserved bits, and flags, which are in the same word.
        if ((differences16(other, transport + TcpHeader.DATA_OFFSET_OFFSET) & ~CLOSING_FLAGS) != 0) {
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
     * Makes room for the payload of a frame that was accepted, and if it is the second, makes the GSO frame.
     *
     * @return false if there is no memory for it, in which case the run is as it was
     */
    boolean makeRoom(Segment segment, ByteBufAllocator alloc, Coalescer coalescer) {
        int end = START + headers + payload;
        int needed = end + segment.payload;
        int limit = START + network + (v6 ? Ipv6Header.LENGTH : 0) + MAX_IP_LENGTH;
        try {
            if (count > 1) {
                if (merged.capacity() < needed) {
                    merged.capacity(Math.min(limit, Math.max(needed, 2 * merged.capacity())));
                    predictedLength = -1;
                }
                return true;
            }
            boolean more = segment.payload == segmentSize;
            int room = more ? coalescer.room(Math.min(limit, needed + 2 * segmentSize), limit) : needed;
            merged = alloc.directBuffer(room, Integer.MAX_VALUE);
        } catch (OutOfMemoryError e) {
            return false;
        }
        merged.setBytes(START, header, 0, headers);
        ByteBuf content = singleContent();
        content.getBytes(content.readerIndex() + singleHeaderLength + headers, merged, START + headers, payload);
        ReferenceCountUtil.release(single);
        single = null;
        return true;
    }

    /**
     * Appends a frame that was accepted and that there is room for, and releases it.
     *
     * @return whether more may follow
     */
    boolean append(Object frame, ChannelPromise promise, Segment segment) {
        if (!v6) {
            identifications = identificationMode(segment);
        }
        closing = closingFlags(segment);
        int length = segment.payload;
        boolean more = append(frame, promise, segment, length) && length == segmentSize && closing == 0;
        if (more && predictedLength < 0 && hasRoomForMore()) {
            predict();
        }
        return more;
    }

    /** Appends a frame that {@link #predicts} says is next. */
    boolean appendPredicted(Object frame, ChannelPromise promise, Segment segment) {
        return append(frame, promise, segment, segmentSize);
    }

    private boolean append(Object frame, ChannelPromise promise, Segment segment, int length) {
        segment.copyPayload(headers, merged, START + headers + payload, length);
        payload += length;
        note(promise);
        count++;
        if (!hasRoomForMore()) {
            predictedLength = -1;
        }
        ReferenceCountUtil.release(frame);
        return count < (tcp ? FrameValidator.MAX_TCP_SEGMENTS : MAX_DATAGRAMS);
    }

    private boolean hasRoomForMore() {
        int end = START + headers + payload + segmentSize;
        return end <= merged.capacity() && headers - network + payload + segmentSize <= MAX_IP_LENGTH;
    }

    private void note(ChannelPromise promise) {
        if (promises == null) {
            if (promise == null || promise.isVoid() && firstPromise.isVoid()) {
                return;
            }
            promises = new ChannelPromise[Math.max(8, count + 1)];
            Arrays.fill(promises, 0, count, firstPromise); // All that came before the first that counts are void.
        } else if (count == promises.length) {
            promises = Arrays.copyOf(promises, 2 * count);
        }
        promises[count] = promise;
    }

    /** Predicts the header of the next frame, which is that of the first but for what each has of its own. */
    private void predict() {
        int longs = (headers + Long.BYTES - 1) / Long.BYTES;
        if (longs > PREDICTED_LONGS || headers + segmentSize < longs * Long.BYTES) {
            return;
        }
        for (int i = 0; i < longs; i++) {
            expected[i] = Segment.int64(header, i * Long.BYTES);
            mask[i] = -1;
        }
        for (int at = headers; at < longs * Long.BYTES; at++) {
            ignore(at, 1, 0xff);
        }
        if (tcp) {
            ignore(transport + TcpHeader.SEQUENCE_OFFSET, Integer.BYTES, 0xff);
            ignore(transport + TcpHeader.CHECKSUM_OFFSET, Short.BYTES, 0xff);
        } else {
            ignore(transport + UdpHeader.CHECKSUM_OFFSET, Short.BYTES, 0xff);
        }
        if (!v6) {
            ignore(network + Ipv4Header.IDENTIFICATION_OFFSET, Short.BYTES, 0xff);
            ignore(network + Ipv4Header.CHECKSUM_OFFSET, Short.BYTES, 0xff);
            int sum = Segment.int16(header, network + Ipv4Header.IDENTIFICATION_OFFSET)
                    + Segment.int16(header, network + Ipv4Header.CHECKSUM_OFFSET);
            identificationAndChecksum = sum % 0xffff;
        }
        int protocol = tcp ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_UDP;
        pseudoHeader = Checksums.pseudoHeader(merged, START + network, v6, protocol, headers + segmentSize - transport);
        predictedLength = headers + segmentSize;
    }

    private void ignore(int from, int length, int bits) {
        for (int at = from; at < from + length; at++) {
            mask[at / Long.BYTES] &= ~bits(at, bits);
        }
    }

    /** Bits of one byte of the header, where they are in the long that it is in. */
    private static long bits(int at, int bits) {
        return (long) bits << Long.SIZE - Byte.SIZE - at % Long.BYTES * Byte.SIZE;
    }

    /** The length of the frame whose header is predicted; -1 if none is. */
    int predictedLength() {
        return predictedLength;
    }

    /**
     * Tells whether a frame of the predicted length is the next one: what {@link #isFlowOf}, {@link #accepts} and {@link
     * Segment#isCandidate} would say, by a dozen words and without a copy of the header.
     */
    boolean predicts(Segment other, ByteBuffer memory, int at) {
        long differences = 0;
        for (int i = 0, word = at; i * Long.BYTES < headers; i++, word += Long.BYTES) {
            differences |= (memory.getLong(word) ^ expected[i]) & mask[i];
        }
        if (differences != 0 || !other.hasChecksumInPlace(transport, tcp)) {
            return false;
        }
        if (tcp) {
            int sequence = Segment.int32(header, transport + TcpHeader.SEQUENCE_OFFSET) + payload;
            if (memory.getInt(at + transport + TcpHeader.SEQUENCE_OFFSET) != sequence) {
                return false;
            }
        } else if (memory.getShort(at + transport + UdpHeader.CHECKSUM_OFFSET) == 0) {
            return false;
        }
        if (!v6 && !predictsIdentification(memory, at + network)) {
            return false;
        }
        return !other.isUnverified()
                || InternetChecksum.add(
                                InternetChecksum.sum(memory, at + transport, predictedLength - transport), pseudoHeader)
                        == 0xffff;
    }

    /** The header checksum is right if it makes up for the identification, since that of the first is. */
    private boolean predictsIdentification(ByteBuffer memory, int ip) {
        int identification = memory.getShort(ip + Ipv4Header.IDENTIFICATION_OFFSET) & 0xffff;
        int checksum = memory.getShort(ip + Ipv4Header.CHECKSUM_OFFSET) & 0xffff;
        int first = Segment.int16(header, network + Ipv4Header.IDENTIFICATION_OFFSET);
        int next = identifications == ID_COUNTING ? first + count & 0xffff : first;
        return identification == next && (identification + checksum) % 0xffff == identificationAndChecksum;
    }

    /**
     * Finishes the headers of the GSO frame, if it became one.
     *
     * @return how long its buffer is filled; 0 for a frame that stayed alone
     */
    int finish() {
        if (count == 1) {
            return 0;
        }
        ByteBuf content = merged;
        merged = null;
        int ip = START + network;
        int end = START + headers + payload;
        content.setIndex(START, end);
        if (v6) {
            Ipv6Header.payloadLength(content, ip, end - ip - Ipv6Header.LENGTH);
        } else {
            Ipv4Header.totalLength(content, ip, end - ip);
            Ipv4Header.updateChecksum(content, ip);
        }
        single = tcp
                ? tcpGsoFrame(content, ip, START + transport, end)
                : udpGsoFrame(content, ip, START + transport, end);
        return end;
    }

    /** The promise of the result, if the frames came with promises; asked for before {@link #take()}. */
    ChannelPromise promise(ChannelHandlerContext ctx) {
        return promises == null ? firstPromise : SharedWrite.promise(ctx, promises, count);
    }

    /** Hands out the result as it is, and forgets it. */
    Object take() {
        Object result = single;
        forget();
        return result;
    }

    /** Hands out the result as a frame, and forgets it. */
    VirtioNetFrame toFrame() {
        int headerLength = singleHeaderLength;
        Object result = take();
        if (result instanceof VirtioNetFrame) {
            return (VirtioNetFrame) result;
        }
        return headerLength > 0
                ? VirtioNetFrame.parse((ByteBuf) result, headerLength)
                : VirtioNetFrame.complete((ByteBuf) result, ChecksumState.NONE);
    }

    /** Hands out the result behind a virtio-net header of this length, and forgets it. */
    ByteBuf toBuffer(int headerLength, ByteBufAllocator alloc) {
        Object result = take();
        return result instanceof ByteBuf ? (ByteBuf) result : ((VirtioNetFrame) result).toBuffer(headerLength, alloc);
    }

    private void forget() {
        single = null;
        firstPromise = null;
        promises = null;
        count = 0;
    }

    private VirtioNetFrame tcpGsoFrame(ByteBuf content, int ip, int at, int end) {
        int flags = TcpHeader.flags(content, at);
        TcpHeader.flags(content, at, flags | closing);
        TcpHeader.checksum(content, at, Checksums.pseudoHeader(content, ip, v6, Ipv4Header.PROTOCOL_TCP, end - at));
        int type = v6 ? VirtioNetHeader.GSO_TCPV6 : VirtioNetHeader.GSO_TCPV4;
        return VirtioNetFrame.gsoFrame(content, type, segmentSize, transport, TcpHeader.CHECKSUM_OFFSET, headers);
    }

    private VirtioNetFrame udpGsoFrame(ByteBuf content, int ip, int at, int end) {
        UdpHeader.length(content, at, end - at);
        UdpHeader.checksum(content, at, Checksums.pseudoHeader(content, ip, v6, Ipv4Header.PROTOCOL_UDP, end - at));
        int type = VirtioNetHeader.GSO_UDP_L4;
        return VirtioNetFrame.gsoFrame(content, type, segmentSize, transport, UdpHeader.CHECKSUM_OFFSET, headers);
    }

    /** Fails the writes of the frames and releases them. */
    void fail(Throwable cause) {
        for (int i = 0; i < count; i++) {
            (promises == null ? firstPromise : promises[i]).tryFailure(cause);
        }
        discard();
    }

    /** Releases what the run holds. */
    void discard() {
        ReferenceCountUtil.release(merged);
        merged = null;
        ReferenceCountUtil.release(single);
        forget();
    }
}
