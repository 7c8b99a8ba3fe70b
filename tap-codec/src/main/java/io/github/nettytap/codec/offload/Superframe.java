/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.util.function.Consumer;

/**
 * A validated superframe and where its headers are, for the time it takes to cut it.
 *
 * <p>Offsets count from the first byte of the frame. Nothing here checks a bound: the validator did.
 */
final class Superframe {

    private static final int MIN_TCP_SIZE = 8;
    private static final int TUNNEL_BITS = VirtioNetHeader.GSO_UDP_TUNNEL_IPV4 | VirtioNetHeader.GSO_UDP_TUNNEL_IPV6;

    private final ByteBuf source;
    private final int index;
    private final int payloadIndex;
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

    Superframe(
            ByteBuf source,
            int index,
            int limit,
            int flags,
            int gsoType,
            int gsoSize,
            int checksumStart,
            int outerTransport,
            int innerNetwork) {
        this.source = source;
        this.index = index;
        this.transport = checksumStart;
        this.outerTransport = outerTransport;
        tunnel = (gsoType & TUNNEL_BITS) != 0;
        outerNetwork = EthernetHeader.networkOffset(EthernetHeader.network(source, index, limit));
        outerV6 = isV6(outerNetwork);
        outerChecksum = (flags & VirtioNetHeader.FLAG_UDP_TUNNEL_CSUM) != 0;
        network = tunnel ? innerNetwork : outerNetwork;
        v6 = isV6(network);
        tcp = (gsoType & ~(TUNNEL_BITS | VirtioNetHeader.GSO_ECN)) != VirtioNetHeader.GSO_UDP_L4;
        int headerLength = tcp ? TcpHeader.headerLength(source, index + transport) : UdpHeader.LENGTH;
        payloadIndex = index + transport + headerLength;
        payloadLength = limit - payloadIndex;
        segmentSize = tcp ? Math.max(gsoSize, MIN_TCP_SIZE) : gsoSize;
    }

    private boolean isV6(int offset) {
        return source.getUnsignedByte(index + offset) >>> 4 == 6;
    }

    void cut(int headerLength, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        int count = Math.max(1, (payloadLength + segmentSize - 1) / segmentSize);
        int headers = payloadIndex - index;
        ByteBuf memory = alloc.directBuffer(count * (headerLength + headers) + payloadLength);
        try {
            int pseudo = pseudoWithoutLength(transport, tcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET);
            int outerPseudo = outerChecksum ? pseudoWithoutLength(outerTransport, UdpHeader.CHECKSUM_OFFSET) : 0;
            int at = 0;
            for (int i = 0; i < count; i++) {
                int offset = i * segmentSize;
                int length = Math.min(segmentSize, payloadLength - offset);
                int start = at + headerLength;
                int end = start + headers + length;
                if (headerLength > 0) {
                    VirtioNetHeader.clear(memory, at, headerLength);
                }
                memory.setBytes(start, source, index, headers);
                memory.setBytes(start + headers, source, payloadIndex + offset, length);
                updateNetwork(memory, start + network, v6, end, i);
                updateTransport(memory, start + transport, end, i, i == count - 1, pseudo);
                if (tunnel) {
                    updateTunnel(memory, start, end, i, outerPseudo);
                }
                at = end;
                output.accept(memory.retainedSlice(start - headerLength, end - start + headerLength));
            }
        } finally {
            memory.release();
        }
    }

    /**
     * The pseudo header as the sender summed it, less the length. Not summed anew from the addresses: behind a routing
     * header, the destination that counts is not the one in the IPv6 header.
     */
    private int pseudoWithoutLength(int header, int field) {
        int length = payloadIndex + payloadLength - index - header;
        int sum = source.getUnsignedShort(index + header + field);
        return InternetChecksum.add(sum, InternetChecksum.complement(InternetChecksum.fold(length)));
    }

    private static void updateNetwork(ByteBuf memory, int ip, boolean v6, int end, int ordinal) {
        if (v6) {
            Ipv6Header.payloadLength(memory, ip, end - ip - Ipv6Header.LENGTH);
        } else {
            Ipv4Header.totalLength(memory, ip, end - ip);
            Ipv4Header.identification(memory, ip, Ipv4Header.identification(memory, ip) + ordinal);
            Ipv4Header.updateChecksum(memory, ip);
        }
    }

    private void updateTransport(ByteBuf memory, int start, int end, int ordinal, boolean last, int pseudo) {
        int length = end - start;
        int initial = InternetChecksum.add(pseudo, length);
        if (tcp) {
            TcpHeader.sequence(memory, start, TcpHeader.sequence(memory, start) + ordinal * segmentSize);
            int flags = TcpHeader.flags(memory, start);
            if (ordinal > 0) {
                flags &= ~TcpHeader.FLAG_CWR;
            }
            if (!last) {
                flags &= ~(TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
            }
            TcpHeader.flags(memory, start, flags);
            TcpHeader.checksum(memory, start, 0);
            int sum = InternetChecksum.sum(memory, start, length, initial);
            int checksum = InternetChecksum.complement(sum);
            // A superframe of one segment is only completed, which never leaves a zero; see Checksums.complete.
            TcpHeader.checksum(memory, start, ordinal == 0 && last ? InternetChecksum.udp(checksum) : checksum);
        } else {
            UdpHeader.length(memory, start, length);
            UdpHeader.checksum(memory, start, 0);
            int sum = InternetChecksum.sum(memory, start, length, initial);
            UdpHeader.checksum(memory, start, InternetChecksum.udp(InternetChecksum.complement(sum)));
        }
    }

    private void updateTunnel(ByteBuf memory, int start, int end, int ordinal, int pseudo) {
        int ip = start + outerNetwork;
        int udp = start + outerTransport;
        int length = end - udp;
        updateNetwork(memory, ip, outerV6, end, ordinal);
        UdpHeader.length(memory, udp, length);
        if (outerChecksum) {
            UdpHeader.checksum(memory, udp, 0);
            int sum = InternetChecksum.sum(memory, udp, length, InternetChecksum.add(pseudo, length));
            UdpHeader.checksum(memory, udp, InternetChecksum.udp(InternetChecksum.complement(sum)));
        }
    }
}
