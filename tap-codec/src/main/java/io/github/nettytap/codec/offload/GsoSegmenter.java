/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A validated GSO frame and where its headers are, for the time it takes to segment it.
 *
 * <p>Offsets count from the first byte of the frame. Nothing here checks a bound: the validator did. The work is done
 * on the NIO views of source and destination, taken once for all segments, since each access through a {@code ByteBuf}
 * costs its checks again.
 */
final class GsoSegmenter {

    private static final int TUNNEL_BITS = VirtioNetHeader.GSO_UDP_TUNNEL_IPV4 | VirtioNetHeader.GSO_UDP_TUNNEL_IPV6;
    private static final int FIRST_ONLY = TcpHeader.FLAG_CWR;
    private static final int LAST_ONLY = TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH;

    private final ByteBuf source;
    private final int index;
    private final int headers;
    private final int payloadLength;
    private final int segmentSize;
    private final boolean tcp;
    private final int network;
    private final boolean v6;
    private final int transport;
    private final boolean tunnel;
    private final int outerNetwork;
    private final boolean outerV6;
    private final int outerTransport;
    private final boolean outerChecksum;

    // While it is segmented: the frame, the segments and where the first of them is, the header words that count up or
    // differ, and the sums of those that all segments have in common.
    private boolean partial;
    private ByteBuffer in;
    private int base;
    private ByteBuffer out;
    private int first;
    private int sequence;
    private int offsetAndFlags;
    private int identification;
    private int outerIdentification;
    private long networkSum;
    private long transportSum;
    private long pseudoSum;
    private long outerNetworkSum;
    private long outerTransportSum;

    GsoSegmenter(FrameView view) {
        int gsoType = view.gsoType();
        int limit = view.limit();
        source = view.buffer();
        index = view.index();
        transport = view.checksumStart();
        outerTransport = view.outerTransportOffset();
        tunnel = (gsoType & TUNNEL_BITS) != 0;
        outerNetwork = EthernetHeader.networkOffset(EthernetHeader.network(source, index, limit));
        outerV6 = isV6(outerNetwork);
        outerChecksum = (view.flags() & VirtioNetHeader.FLAG_UDP_TUNNEL_CSUM) != 0;
        network = tunnel ? view.innerNetworkOffset() : outerNetwork;
        v6 = isV6(network);
        tcp = (gsoType & ~(TUNNEL_BITS | VirtioNetHeader.GSO_ECN)) != VirtioNetHeader.GSO_UDP_L4;
        headers = transport + (tcp ? TcpHeader.headerLength(source, index + transport) : UdpHeader.LENGTH);
        payloadLength = limit - index - headers;
        segmentSize = view.gsoSize();
    }

    private boolean isV6(int offset) {
        return source.getUnsignedByte(index + offset) >>> 4 == 6;
    }

    /** Makes segments with complete checksums behind this many zeros. */
    void segment(int headerLength, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        partial = false;
        run(headerLength, alloc, output);
    }

    /** Makes segments with partial checksums behind virtio-net headers of this length. Not in a tunnel. */
    void segmentPartial(int headerLength, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        partial = true;
        run(headerLength, alloc, output);
    }

    boolean isInTunnel() {
        return tunnel;
    }

    private void run(int headerLength, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        int count = Math.max(1, (payloadLength + segmentSize - 1) / segmentSize);
        int total = count * (headerLength + headers) + payloadLength;
        ByteBuf memory = alloc.directBuffer(total);
        try {
            // A source in several parts is put together by this, else nothing is copied.
            in = source.nioBuffer(index, headers + payloadLength);
            base = in.position();
            out = memory.internalNioBuffer(0, total);
            readHeaders();
            int at = out.position();
            for (int i = 0; i < count; i++) {
                at = write(at, headerLength, i, i == count - 1);
            }
            for (int i = 0, start = 0; i < count; i++) {
                int length = headerLength + headers + Math.min(segmentSize, payloadLength - i * segmentSize);
                output.accept(memory.retainedSlice(start, length));
                start += length;
            }
        } finally {
            memory.release();
        }
    }

    private int write(int at, int headerLength, int ordinal, boolean last) {
        int offset = ordinal * segmentSize;
        int length = Math.min(segmentSize, payloadLength - offset);
        int start = at + headerLength;
        int end = start + headers + length;
        if (ordinal == 0) {
            for (int i = 0; i < headerLength; i += Short.BYTES) {
                out.putShort(at + i, (short) 0);
            }
            if (partial) {
                writeVirtioNetHeader(at);
            }
            out.put(start, in, base, headers);
            first = at;
        } else {
            // Most of what the first segment has is right in all.
            out.put(at, out, first, headerLength + headers);
        }
        out.put(start + headers, in, base + headers + offset, length);
        writeNetwork(start + network, v6, networkSum, identification + ordinal, end);
        writeTransport(start, end, ordinal, last);
        if (tunnel) {
            writeNetwork(start + outerNetwork, outerV6, outerNetworkSum, outerIdentification + ordinal, end);
            writeOuterTransport(start + outerTransport, end);
        }
        return end;
    }

    /**
     * Reads what changes from segment to segment, and takes the sums of what does not. The pseudo header is what the
     * sender left in the checksum field, less the length: not summed anew from the addresses, since behind a routing
     * header the destination that counts is not the one in the IPv6 header.
     */
    private void readHeaders() {
        networkSum = commonNetworkSum(network, v6);
        identification = v6 ? 0 : word(base + network + Ipv4Header.IDENTIFICATION_OFFSET);
        int length = headers - transport;
        int start = base + transport;
        int all = payloadLength + length;
        pseudoSum = word(start + (tcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET)) + minus(all);
        if (tcp) {
            sequence = in.getInt(start + TcpHeader.SEQUENCE_OFFSET);
            offsetAndFlags = word(start + TcpHeader.DATA_OFFSET_OFFSET);
            long changing = (sequence >>> 16) + (sequence & 0xffff) + offsetAndFlags + InternetChecksum.fold(all);
            transportSum = InternetChecksum.sum(in, start, length) + minus(changing);
        } else {
            // The checksum field is in the sum, and with it the pseudo header.
            transportSum =
                    InternetChecksum.sum(in, start, length) + minus(word(start + UdpHeader.LENGTH_OFFSET) + (long) all);
        }
        if (tunnel) {
            outerNetworkSum = commonNetworkSum(outerNetwork, outerV6);
            outerIdentification = outerV6 ? 0 : word(base + outerNetwork + Ipv4Header.IDENTIFICATION_OFFSET);
            outerTransportSum = word(base + outerTransport + UdpHeader.CHECKSUM_OFFSET)
                    + minus(headers + payloadLength - outerTransport);
        }
    }

    private long commonNetworkSum(int offset, boolean ipv6) {
        if (ipv6) {
            return 0;
        }
        int ip = base + offset;
        int length = (in.get(ip) & 0xf) << 2;
        long changing = word(ip + Ipv4Header.TOTAL_LENGTH_OFFSET)
                + word(ip + Ipv4Header.IDENTIFICATION_OFFSET)
                + word(ip + Ipv4Header.CHECKSUM_OFFSET);
        return InternetChecksum.sum(in, ip, length) + minus(changing);
    }

    private int word(int at) {
        return in.getShort(at) & 0xffff;
    }

    private static int minus(long sum) {
        return InternetChecksum.complement(InternetChecksum.fold(sum));
    }

    private void writeNetwork(int ip, boolean ipv6, long common, int count, int end) {
        if (ipv6) {
            out.putShort(ip + Ipv6Header.PAYLOAD_LENGTH_OFFSET, (short) (end - ip - Ipv6Header.LENGTH));
            return;
        }
        int lengthAndIdentification = end - ip << 16 | count & 0xffff;
        out.putInt(ip + Ipv4Header.TOTAL_LENGTH_OFFSET, lengthAndIdentification);
        out.putShort(ip + Ipv4Header.CHECKSUM_OFFSET, (short) minus(common + (count & 0xffff) + (end - ip)));
    }

    private void writeVirtioNetHeader(int at) {
        out.put(at, (byte) VirtioNetHeader.FLAG_NEEDS_CSUM);
        int field = tcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET;
        out.putShort(at + VirtioNetHeader.CHECKSUM_START_OFFSET, Short.reverseBytes((short) transport));
        out.putShort(at + VirtioNetHeader.CHECKSUM_OFFSET_OFFSET, Short.reverseBytes((short) field));
    }

    /** The field of a partial checksum holds the sum of the pseudo header, of which the length changes. */
    private void writePartialTransport(int at, int length, int ordinal, boolean last) {
        int pseudo = InternetChecksum.fold(pseudoSum + length);
        if (tcp) {
            out.putInt(at + TcpHeader.SEQUENCE_OFFSET, sequence + ordinal * segmentSize);
            out.putShort(at + TcpHeader.DATA_OFFSET_OFFSET, (short) flags(ordinal, last));
            out.putShort(at + TcpHeader.CHECKSUM_OFFSET, (short) pseudo);
        } else {
            out.putShort(at + UdpHeader.LENGTH_OFFSET, (short) length);
            out.putShort(at + UdpHeader.CHECKSUM_OFFSET, (short) pseudo);
        }
    }

    private int flags(int ordinal, boolean last) {
        int flags = offsetAndFlags;
        flags &= ordinal == 0 ? ~0 : ~FIRST_ONLY;
        return flags & (last ? ~0 : ~LAST_ONLY);
    }

    private void writeTransport(int start, int end, int ordinal, boolean last) {
        int at = start + transport;
        int length = end - at;
        if (partial) {
            writePartialTransport(at, length, ordinal, last);
            return;
        }
        long sum = transportSum + length + InternetChecksum.sum(out, start + headers, end - start - headers);
        if (!tcp) {
            out.putShort(at + UdpHeader.LENGTH_OFFSET, (short) length);
            out.putShort(at + UdpHeader.CHECKSUM_OFFSET, (short) InternetChecksum.udp(minus(sum + length)));
            return;
        }
        int number = sequence + ordinal * segmentSize;
        int flags = flags(ordinal, last);
        sum += (number >>> 16) + (number & 0xffff) + flags;
        out.putInt(at + TcpHeader.SEQUENCE_OFFSET, number);
        out.putShort(at + TcpHeader.DATA_OFFSET_OFFSET, (short) flags);
        int checksum = minus(sum);
        // A GSO frame of one segment is only completed, which never leaves a zero; see Checksums.complete.
        checksum = ordinal == 0 && last ? InternetChecksum.udp(checksum) : checksum;
        out.putShort(at + TcpHeader.CHECKSUM_OFFSET, (short) checksum);
    }

    /** Behind everything inside, which the outer checksum covers. */
    private void writeOuterTransport(int at, int end) {
        int length = end - at;
        out.putShort(at + UdpHeader.LENGTH_OFFSET, (short) length);
        if (outerChecksum) {
            out.putShort(at + UdpHeader.CHECKSUM_OFFSET, (short) 0);
            long sum = outerTransportSum + length + InternetChecksum.sum(out, at, length);
            out.putShort(at + UdpHeader.CHECKSUM_OFFSET, (short) InternetChecksum.udp(minus(sum)));
        }
    }
}
