/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
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
import io.netty.buffer.ByteBufAllocator;

/** Completes partial transport checksums, and verifies complete ones. */
public final class Checksums {

    /** What the verification of a frame found. */
    public enum Result {
        /** Every checksum that the frame has is right. */
        CORRECT,

        /** A checksum is wrong, or a length that it depends on is. */
        WRONG,

        /**
         * There is nothing to verify: neither TCP nor UDP, a fragment, UDP without a checksum, or a packet on its way
         * along a routing header.
         */
        NONE
    }

    private Checksums() {}

    /**
     * Completes a partial checksum in place: the field holds the sum of the pseudo header and becomes the checksum.
     *
     * <p>A sum of zero is written as {@code 0xffff}, which UDP demands and which is the same number to every other
     * protocol; so does the kernel ({@code skb_checksum_help}).
     *
     * @param buffer the buffer, which must be {@linkplain io.github.nettytap.codec.virtio.VirtioNetFrame#isExclusive()
     *     exclusive} to the caller
     * @param index the index of the Ethernet header
     * @param limit the index behind the last byte of the frame
     * @param checksumStart where the sum starts, from the Ethernet header; validated before
     * @param checksumOffset where the field is, from {@code checksumStart}; validated before
     */
    public static void complete(ByteBuf buffer, int index, int limit, int checksumStart, int checksumOffset) {
        int start = index + checksumStart;
        int sum = InternetChecksum.sum(buffer, start, limit - start);
        buffer.setShort(start + checksumOffset, InternetChecksum.udp(InternetChecksum.complement(sum)));
    }

    /**
     * Completes the partial checksum of a frame: in place if the frame is exclusive, else in a copy.
     *
     * @param frame a validated frame with a partial checksum, which is given up, also when this fails
     * @param alloc where a copy comes from
     * @return the frame, whose checksum is valid
     */
    static VirtioNetFrame complete(VirtioNetFrame frame, ByteBufAllocator alloc) {
        ByteBuf content = frame.content();
        int index = content.readerIndex();
        if (frame.isExclusive()) {
            complete(content, index, content.writerIndex(), frame.checksumStart(), frame.checksumOffset());
            frame.checksumCompleted();
            return frame;
        }
        try {
            int headroom = VirtioNetHeader.TUNNEL_LENGTH;
            ByteBuf copy = alloc.directBuffer(headroom + content.readableBytes());
            copy.writerIndex(headroom).readerIndex(headroom);
            content.getBytes(index, copy, content.readableBytes());
            complete(copy, headroom, copy.writerIndex(), frame.checksumStart(), frame.checksumOffset());
            return VirtioNetFrame.complete(copy, ChecksumState.VALID);
        } finally {
            frame.release();
        }
    }

    /**
     * Verifies the IPv4 header checksum and the TCP or UDP checksum of a frame. Padding behind the IP packet is left
     * out.
     *
     * @param buffer the buffer
     * @param index the index of the Ethernet header
     * @param limit the index behind the last byte of the frame
     * @return the result
     */
    public static Result verify(ByteBuf buffer, int index, int limit) {
        int network = EthernetHeader.network(buffer, index, limit);
        if (network == Wire.MALFORMED) {
            return Result.NONE;
        }
        int ip = index + EthernetHeader.networkOffset(network);
        switch (EthernetHeader.networkType(network)) {
            case EthernetHeader.TYPE_IPV4:
                return verifyIpv4(buffer, ip, limit);
            case EthernetHeader.TYPE_IPV6:
                return verifyIpv6(buffer, ip, limit);
            default:
                return Result.NONE;
        }
    }

    private static Result verifyIpv4(ByteBuf buffer, int ip, int limit) {
        int length = Ipv4Header.check(buffer, ip, limit);
        if (length == Wire.MALFORMED || InternetChecksum.sum(buffer, ip, length) != 0xffff) {
            return Result.WRONG;
        }
        if (Ipv4Header.isFragment(buffer, ip)) {
            return Result.NONE;
        }
        int end = ip + Ipv4Header.totalLength(buffer, ip);
        int protocol = Ipv4Header.protocol(buffer, ip);
        return verifyTransport(buffer, ip, false, protocol, ip + length, end);
    }

    private static Result verifyIpv6(ByteBuf buffer, int ip, int limit) {
        if (Ipv6Header.check(buffer, ip, limit) == Wire.MALFORMED) {
            return Result.WRONG;
        }
        int end = ip + Ipv6Header.LENGTH + Ipv6Header.payloadLength(buffer, ip);
        int transport = Ipv6Header.transport(buffer, ip, end);
        if (transport == Wire.MALFORMED) {
            return Result.WRONG;
        }
        if (isSourceRouted(buffer, ip, Ipv6Header.transportOffset(transport))) {
            return Result.NONE;
        }
        int protocol = Ipv6Header.transportProtocol(transport);
        return verifyTransport(buffer, ip, true, protocol, ip + Ipv6Header.transportOffset(transport), end);
    }

    private static Result verifyTransport(ByteBuf buffer, int ip, boolean v6, int protocol, int index, int end) {
        int limit = end;
        if (protocol == Ipv4Header.PROTOCOL_UDP) {
            if (UdpHeader.check(buffer, index, end) == Wire.MALFORMED) {
                return Result.WRONG;
            }
            if (UdpHeader.checksum(buffer, index) == 0) {
                return Result.NONE; // Over IPv6 too: RFC 6936 leaves it to the two ends.
            }
            limit = index + UdpHeader.length(buffer, index);
        } else if (protocol != Ipv4Header.PROTOCOL_TCP) {
            return Result.NONE;
        } else if (TcpHeader.check(buffer, index, end) == Wire.MALFORMED) {
            return Result.WRONG;
        }
        int pseudo = pseudoHeader(buffer, ip, v6, protocol, limit - index);
        int sum = InternetChecksum.sum(buffer, index, limit - index, pseudo);
        return sum == 0xffff ? Result.CORRECT : Result.WRONG;
    }

    /**
     * Tells whether a routing header has segments left. The pseudo header then has the last destination, which is not
     * in the IPv6 header yet (RFC 8200, section 8.1).
     */
    static boolean isSourceRouted(ByteBuf buffer, int ip, int transportOffset) {
        int next = Ipv6Header.nextHeader(buffer, ip);
        int at = ip + Ipv6Header.LENGTH;
        while (at < ip + transportOffset) {
            if (next == Ipv6Header.NEXT_ROUTING && buffer.getByte(at + Ipv6Header.ROUTING_SEGMENTS_LEFT_OFFSET) != 0) {
                return true;
            }
            next = buffer.getUnsignedByte(at);
            at += buffer.getUnsignedByte(at + 1) + 1 << 3;
        }
        return false;
    }

    static int pseudoHeader(ByteBuf buffer, int ip, boolean v6, int protocol, int length) {
        return v6
                ? InternetChecksum.pseudoHeaderV6(buffer, ip, protocol, length)
                : InternetChecksum.pseudoHeaderV4(buffer, ip, protocol, length);
    }
}
