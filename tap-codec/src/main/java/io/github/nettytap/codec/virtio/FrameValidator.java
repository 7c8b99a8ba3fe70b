/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/**
 * Validates a virtio-net header against its frame.
 *
 * <p>After {@link FrameVerdict#WELL_FORMED} a GSO frame may be segmented without another check: {@code csum_start} is
 * its transport header, the IP and transport headers are complete, and their lengths end where the frame ends. Nothing
 * derives from {@code hdr_len} or {@code num_buffers}. No input makes these functions throw.
 *
 * <p>The kernel is no validator: it marks what it accepts as dubious and parses it later, dropping without a word what
 * does not fit. Hence this is stricter, and never laxer ({@code virtio_net_hdr_to_skb} in
 * {@code include/linux/virtio_net.h}, {@code tun_get_user} in {@code drivers/net/tun.c}).
 */
public final class FrameValidator {

    /** The length of the longest frame: an IPv6 packet of 65,535 bytes payload behind eight VLAN tags. */
    public static final int MAX_FRAME_LENGTH =
            EthernetHeader.LENGTH + EthernetHeader.MAX_TAGS * EthernetHeader.TAG_LENGTH + Ipv6Header.LENGTH + 0xffff;

    /**
     * How many bytes the headers of a GSO frame may have, which each segment repeats. The kernel reserves at most 320
     * for those of TCP ({@code MAX_TCP_HEADER}); what exceeds this was made to cost.
     */
    public static final int MAX_GSO_HEADERS = 512;

    /**
     * How many segments a TCP GSO frame may have: 64 KiB at 16 bytes each, while the kernel sends none below 48 less
     * options ({@code TCP_MIN_SND_MSS}).
     */
    public static final int MAX_TCP_SEGMENTS = 4_096;

    private static final int MIN_CHECKSUM_START = EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH;
    // The kernel adds its own headroom, a few hundred bytes, and must stay below 65,535.
    private static final int MAX_CHECKSUM_START = 0xffff - 1_024;
    private static final int GSO_BY_FRAGS = 0xffff;
    private static final int MAX_UDP_SEGMENTS = 128;
    private static final int TUNNEL_BITS = VirtioNetHeader.GSO_UDP_TUNNEL_IPV4 | VirtioNetHeader.GSO_UDP_TUNNEL_IPV6;

    private FrameValidator() {}

    /**
     * Validates a packet: a virtio-net header and the frame behind it.
     *
     * @param packet the buffer
     * @param index the index of the virtio-net header
     * @param limit the index behind the last byte of the frame
     * @param headerLength the length of the virtio-net header
     * @return the verdict
     */
    public static FrameVerdict validate(ByteBuf packet, int index, int limit, int headerLength) {
        if (limit - index < headerLength + EthernetHeader.LENGTH) {
            return FrameVerdict.TRUNCATED;
        }
        boolean tunnel = headerLength >= VirtioNetHeader.TUNNEL_LENGTH;
        return validate(
                VirtioNetHeader.flags(packet, index),
                VirtioNetHeader.gsoType(packet, index),
                VirtioNetHeader.headerLengthHint(packet, index),
                VirtioNetHeader.gsoSize(packet, index),
                VirtioNetHeader.checksumStart(packet, index),
                VirtioNetHeader.checksumOffset(packet, index),
                tunnel ? VirtioNetHeader.outerTransportOffset(packet, index) : 0,
                tunnel ? VirtioNetHeader.innerNetworkOffset(packet, index) : 0,
                headerLength,
                packet,
                index + headerLength,
                limit);
    }

    /**
     * Validates a frame, as it would be sent to a device.
     *
     * @param frame the frame
     * @param headerLength the length of the virtio-net header of the device
     * @return the verdict
     */
    public static FrameVerdict validate(VirtioNetFrame frame, int headerLength) {
        ByteBuf content = frame.content();
        return validate(
                frame.flags(),
                frame.gsoType(),
                frame.headerLengthHint(),
                frame.gsoSize(),
                frame.checksumStart(),
                frame.checksumOffset(),
                frame.outerTransportOffset(),
                frame.innerNetworkOffset(),
                headerLength,
                content,
                content.readerIndex(),
                content.writerIndex());
    }

    /** Judges a frame that nothing is left to do on. */
    static FrameVerdict validateComplete(int length) {
        if (length < EthernetHeader.LENGTH) {
            return FrameVerdict.TRUNCATED;
        }
        return length > MAX_FRAME_LENGTH ? FrameVerdict.FRAME_TOO_LONG : FrameVerdict.WELL_FORMED;
    }

    private static FrameVerdict validate(
            int flags,
            int gsoType,
            int headerHint,
            int gsoSize,
            int checksumStart,
            int checksumOffset,
            int outerTransport,
            int innerNetwork,
            int headerLength,
            ByteBuf frame,
            int index,
            int limit) {
        FrameVerdict verdict = validateBounds(flags, headerHint, checksumStart, checksumOffset, limit - index);
        if (verdict != FrameVerdict.WELL_FORMED || gsoType == VirtioNetHeader.GSO_NONE) {
            return verdict;
        }
        int base = gsoType & ~(VirtioNetHeader.GSO_ECN | TUNNEL_BITS);
        verdict = validateType(flags, gsoType, base, gsoSize, checksumOffset);
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        int network = EthernetHeader.network(frame, index, limit);
        if (network == Wire.MALFORMED) {
            return FrameVerdict.NETWORK_HEADER;
        }
        int ipIndex = index + EthernetHeader.networkOffset(network);
        int type = EthernetHeader.networkType(network);
        int tunnel = gsoType & TUNNEL_BITS;
        if (tunnel == 0) {
            return validateIp(base, type, gsoSize, checksumStart, frame, index, ipIndex, limit);
        }
        if (headerLength < VirtioNetHeader.TUNNEL_LENGTH) {
            return FrameVerdict.TUNNEL_WITHOUT_OFFSETS;
        }
        verdict = validateTunnel(tunnel, type, outerTransport, innerNetwork, frame, index, ipIndex, limit);
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        int innerType = frame.getUnsignedByte(index + innerNetwork) >>> 4 == 6
                ? EthernetHeader.TYPE_IPV6
                : EthernetHeader.TYPE_IPV4;
        return validateIp(base, innerType, gsoSize, checksumStart, frame, index, index + innerNetwork, limit);
    }

    private static FrameVerdict validateBounds(
            int flags, int headerHint, int checksumStart, int checksumOffset, int length) {
        FrameVerdict verdict = validateComplete(length);
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        if (headerHint > length) {
            return FrameVerdict.HEADER_LENGTH;
        }
        if ((flags & VirtioNetHeader.FLAG_NEEDS_CSUM) == 0) {
            return headerHint == 0 || headerHint >= EthernetHeader.LENGTH
                    ? FrameVerdict.WELL_FORMED
                    : FrameVerdict.HEADER_LENGTH;
        }
        if (checksumStart + checksumOffset + Short.BYTES > length) {
            return FrameVerdict.CHECKSUM_OUT_OF_FRAME;
        }
        return checksumStart >= MIN_CHECKSUM_START && checksumStart <= MAX_CHECKSUM_START
                ? FrameVerdict.WELL_FORMED
                : FrameVerdict.CHECKSUM_START;
    }

    private static FrameVerdict validateType(int flags, int gsoType, int base, int gsoSize, int checksumOffset) {
        int field;
        if (base == VirtioNetHeader.GSO_TCPV4 || base == VirtioNetHeader.GSO_TCPV6) {
            field = TcpHeader.CHECKSUM_OFFSET;
        } else if (base == VirtioNetHeader.GSO_UDP_L4) {
            if ((gsoType & VirtioNetHeader.GSO_ECN) != 0) {
                return FrameVerdict.ECN_WITHOUT_TCP;
            }
            field = UdpHeader.CHECKSUM_OFFSET;
        } else {
            return base == VirtioNetHeader.GSO_UDP ? FrameVerdict.UNSUPPORTED_GSO_TYPE : FrameVerdict.UNKNOWN_GSO_TYPE;
        }
        if (gsoSize == 0 || gsoSize == GSO_BY_FRAGS) {
            return FrameVerdict.GSO_SIZE;
        }
        if ((flags & VirtioNetHeader.FLAG_NEEDS_CSUM) == 0) {
            return FrameVerdict.GSO_WITHOUT_CHECKSUM;
        }
        return checksumOffset == field ? FrameVerdict.WELL_FORMED : FrameVerdict.CHECKSUM_OFFSET;
    }

    private static FrameVerdict validateTunnel(
            int tunnel, int type, int outer, int inner, ByteBuf frame, int index, int ipIndex, int limit) {
        boolean v6 = tunnel == VirtioNetHeader.GSO_UDP_TUNNEL_IPV6;
        if (tunnel == TUNNEL_BITS || type != (v6 ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4)) {
            return FrameVerdict.TUNNEL_OFFSETS;
        }
        FrameVerdict verdict = v6
                ? validateIpv6(Ipv4Header.PROTOCOL_UDP, outer, frame, index, ipIndex, limit)
                : validateIpv4(Ipv4Header.PROTOCOL_UDP, outer, frame, index, ipIndex, limit);
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict == FrameVerdict.CHECKSUM_START_MISMATCH ? FrameVerdict.TUNNEL_OFFSETS : verdict;
        }
        int udpIndex = index + outer;
        if (UdpHeader.check(frame, udpIndex, limit) == Wire.MALFORMED) {
            return FrameVerdict.TRANSPORT_HEADER;
        }
        if (UdpHeader.length(frame, udpIndex) != limit - udpIndex) {
            return FrameVerdict.LENGTH_MISMATCH;
        }
        return inner >= outer + UdpHeader.LENGTH && index + inner < limit
                ? FrameVerdict.WELL_FORMED
                : FrameVerdict.TUNNEL_OFFSETS;
    }

    private static FrameVerdict validateIp(
            int base, int type, int gsoSize, int checksumStart, ByteBuf frame, int index, int ipIndex, int limit) {
        boolean tcp = base != VirtioNetHeader.GSO_UDP_L4;
        int protocol = tcp ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_UDP;
        FrameVerdict verdict;
        if (type == EthernetHeader.TYPE_IPV4 && base != VirtioNetHeader.GSO_TCPV6) {
            verdict = validateIpv4(protocol, checksumStart, frame, index, ipIndex, limit);
        } else if (type == EthernetHeader.TYPE_IPV6 && base != VirtioNetHeader.GSO_TCPV4) {
            verdict = validateIpv6(protocol, checksumStart, frame, index, ipIndex, limit);
        } else {
            return FrameVerdict.NETWORK_HEADER;
        }
        if (verdict != FrameVerdict.WELL_FORMED) {
            return verdict;
        }
        int transport = index + checksumStart;
        if (tcp) {
            int length = TcpHeader.check(frame, transport, limit);
            return length == Wire.MALFORMED
                    ? FrameVerdict.TRANSPORT_HEADER
                    : validateCost(transport + length - index, limit - index, gsoSize, MAX_TCP_SEGMENTS);
        }
        if (UdpHeader.check(frame, transport, limit) == Wire.MALFORMED) {
            return FrameVerdict.TRANSPORT_HEADER;
        }
        if (UdpHeader.length(frame, transport) != limit - transport) {
            return FrameVerdict.LENGTH_MISMATCH;
        }
        return validateCost(transport + UdpHeader.LENGTH - index, limit - index, gsoSize, MAX_UDP_SEGMENTS);
    }

    /** Whoever sends the frame chooses how much memory its segments take: so many headers, and not more. */
    private static FrameVerdict validateCost(int headers, int length, int gsoSize, int maxSegments) {
        if (headers > MAX_GSO_HEADERS) {
            return FrameVerdict.HEADERS_TOO_LONG;
        }
        return length - headers > gsoSize * maxSegments ? FrameVerdict.TOO_MANY_SEGMENTS : FrameVerdict.WELL_FORMED;
    }

    private static FrameVerdict validateIpv4(
            int protocol, int transportOffset, ByteBuf frame, int index, int ipIndex, int limit) {
        int length = Ipv4Header.check(frame, ipIndex, limit);
        if (length == Wire.MALFORMED) {
            return FrameVerdict.NETWORK_HEADER;
        }
        if (Ipv4Header.isFragment(frame, ipIndex)) {
            return FrameVerdict.FRAGMENT;
        }
        if (Ipv4Header.totalLength(frame, ipIndex) != limit - ipIndex) {
            return FrameVerdict.LENGTH_MISMATCH;
        }
        if (Ipv4Header.protocol(frame, ipIndex) != protocol) {
            return FrameVerdict.TRANSPORT_PROTOCOL;
        }
        return ipIndex + length == index + transportOffset
                ? FrameVerdict.WELL_FORMED
                : FrameVerdict.CHECKSUM_START_MISMATCH;
    }

    private static FrameVerdict validateIpv6(
            int protocol, int transportOffset, ByteBuf frame, int index, int ipIndex, int limit) {
        if (Ipv6Header.check(frame, ipIndex, limit) == Wire.MALFORMED) {
            return FrameVerdict.NETWORK_HEADER;
        }
        if (Ipv6Header.payloadLength(frame, ipIndex) != limit - ipIndex - Ipv6Header.LENGTH) {
            return FrameVerdict.LENGTH_MISMATCH;
        }
        int transport = Ipv6Header.transport(frame, ipIndex, limit);
        if (transport == Wire.MALFORMED) {
            return FrameVerdict.NETWORK_HEADER;
        }
        int found = Ipv6Header.transportProtocol(transport);
        if (found != protocol) {
            return found == Ipv6Header.NEXT_FRAGMENT ? FrameVerdict.FRAGMENT : FrameVerdict.TRANSPORT_PROTOCOL;
        }
        return ipIndex + Ipv6Header.transportOffset(transport) == index + transportOffset
                ? FrameVerdict.WELL_FORMED
                : FrameVerdict.CHECKSUM_START_MISMATCH;
    }
}
