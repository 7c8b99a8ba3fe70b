/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import io.github.nettytap.codec.print.FramePrinter.Packet;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;

/** The part of the {@link FramePrinter} from the IP header on. */
final class IpPrinter {

    private static final int PROTOCOL_IGMP = 2;
    private static final int PROTOCOL_SCTP = 132;

    private IpPrinter() {}

    static void printV4(FramePrinter printer, StringBuilder line, Packet packet) {
        ByteBuf buffer = packet.buffer;
        int index = packet.index;
        if (packet.available() < Ipv4Header.MIN_LENGTH) {
            line.append("[|ip]");
            return;
        }
        int headerLength = Ipv4Header.headerLength(buffer, index);
        int totalLength = Ipv4Header.totalLength(buffer, index);
        if (headerLength < Ipv4Header.MIN_LENGTH || buffer.getUnsignedByte(index) >>> 4 != 4) {
            line.append("[bad header, version ")
                    .append(buffer.getUnsignedByte(index) >>> 4)
                    .append(", header length ")
                    .append(headerLength)
                    .append(']');
            return;
        }
        if (totalLength < headerLength) {
            line.append("[bad total length ").append(totalLength).append(']');
            return;
        }
        int there = packet.available() + packet.missing;
        if (totalLength > there) {
            line.append("truncated-ip - ").append(totalLength - there).append(" bytes missing! ");
        }
        int payload = index + headerLength;
        if (payload > packet.limit) {
            line.append("[|ip]");
            return;
        }
        int protocol = Ipv4Header.protocol(buffer, index);
        boolean laterFragment = (Ipv4Header.fragment(buffer, index) & Ipv4Header.FRAGMENT_OFFSET_MASK) != 0;
        TransportPrinter.Endpoints endpoints = new TransportPrinter.Endpoints(
                ipv4(Ipv4Header.source(buffer, index)), ipv4(Ipv4Header.destination(buffer, index)));
        Packet upper = upper(packet, payload, totalLength - headerLength);
        if (laterFragment) {
            endpoints.append(line).append(" ip-proto-").append(protocol);
        } else {
            printUpper(printer, line, upper, endpoints, protocol, totalLength - headerLength);
        }
    }

    static void printV6(FramePrinter printer, StringBuilder line, Packet packet) {
        ByteBuf buffer = packet.buffer;
        int index = packet.index;
        if (packet.available() < Ipv6Header.LENGTH) {
            line.append("[|ip6]");
            return;
        }
        if (buffer.getUnsignedByte(index) >>> 4 != 6) {
            line.append("[bad header, version ")
                    .append(buffer.getUnsignedByte(index) >>> 4)
                    .append(']');
            return;
        }
        int payloadLength = Ipv6Header.payloadLength(buffer, index);
        int there = packet.available() + packet.missing - Ipv6Header.LENGTH;
        if (payloadLength > there) {
            line.append("truncated-ip6 - ").append(payloadLength - there).append(" bytes missing!");
        }
        TransportPrinter.Endpoints endpoints = new TransportPrinter.Endpoints(
                ipv6(buffer, Ipv6Header.sourceIndex(index)), ipv6(buffer, Ipv6Header.destinationIndex(index)));
        int next = Ipv6Header.nextHeader(buffer, index);
        int payload = index + Ipv6Header.LENGTH;
        int length = payloadLength;
        StringBuilder extensions = new StringBuilder();
        while (isExtension(next)) {
            if (packet.limit - payload < 8 || length < 8) {
                endpoints
                        .append(line)
                        .append(' ')
                        .append(extensions)
                        .append("[|")
                        .append(tag(next))
                        .append(']');
                return;
            }
            int extensionLength = next == Ipv6Header.NEXT_FRAGMENT ? 8 : buffer.getUnsignedByte(payload + 1) + 1 << 3;
            extensions.append(tag(next));
            if (next == Ipv6Header.NEXT_FRAGMENT) {
                int fragment = buffer.getUnsignedShort(payload + 2);
                extensions
                        .append(" (")
                        .append(fragment & 0xfff8)
                        .append('|')
                        .append(length - 8)
                        .append(')');
                if ((fragment & 0xfff8) != 0) {
                    endpoints.append(line).append(' ').append(extensions);
                    return;
                }
            }
            extensions.append(' ');
            next = buffer.getUnsignedByte(payload);
            payload += extensionLength;
            length -= extensionLength;
            if (payload > packet.limit || length < 0) {
                endpoints.append(line).append(' ').append(extensions).append("[|ip6]");
                return;
            }
        }
        endpoints.prefix(extensions.toString());
        printUpper(printer, line, upper(packet, payload, length), endpoints, next, length);
    }

    private static boolean isExtension(int next) {
        return next == Ipv6Header.NEXT_HOP_BY_HOP
                || next == Ipv6Header.NEXT_ROUTING
                || next == Ipv6Header.NEXT_DESTINATION
                || next == Ipv6Header.NEXT_FRAGMENT;
    }

    private static String tag(int next) {
        switch (next) {
            case Ipv6Header.NEXT_HOP_BY_HOP:
                return "HBH";
            case Ipv6Header.NEXT_ROUTING:
                return "srcrt";
            case Ipv6Header.NEXT_DESTINATION:
                return "DSTOPT";
            default:
                return "frag";
        }
    }

    /** What is above IP: without the padding of the frame, and never beyond what is there. */
    private static Packet upper(Packet packet, int index, int length) {
        int limit = (int) Math.min(packet.limit, (long) index + length);
        int missing = Math.max(0, length - (limit - index));
        return new Packet(packet.buffer, packet.frame, index, limit, missing, packet.nesting);
    }

    private static void printUpper(
            FramePrinter printer,
            StringBuilder line,
            Packet upper,
            TransportPrinter.Endpoints endpoints,
            int protocol,
            int length) {
        switch (protocol) {
            case Ipv4Header.PROTOCOL_TCP:
                TransportPrinter.printTcp(line, upper, endpoints, length);
                break;
            case Ipv4Header.PROTOCOL_UDP:
                TransportPrinter.printUdp(printer, line, upper, endpoints, length);
                break;
            case Ipv4Header.PROTOCOL_ICMP:
                IcmpPrinter.printV4(endpoints.append(line).append(' '), upper, length);
                break;
            case Ipv6Header.NEXT_ICMPV6:
                IcmpPrinter.printV6(endpoints.append(line).append(' '), upper, length);
                break;
            case PROTOCOL_IGMP:
                endpoints.append(line).append(" igmp");
                break;
            case PROTOCOL_SCTP:
                endpoints.append(line).append(" sctp, length ").append(length);
                break;
            case Ipv6Header.NEXT_NONE:
                endpoints.append(line).append(" no next header");
                break;
            default:
                endpoints
                        .append(line)
                        .append("  ip-proto-")
                        .append(protocol)
                        .append(' ')
                        .append(length);
        }
    }

    static String ipv4(int address) {
        StringBuilder text = new StringBuilder(15);
        appendIpv4(text, address);
        return text.toString();
    }

    static void appendIpv4(StringBuilder line, int address) {
        line.append(address >>> 24)
                .append('.')
                .append(address >>> 16 & 0xff)
                .append('.')
                .append(address >>> 8 & 0xff)
                .append('.')
                .append(address & 0xff);
    }

    static String ipv6(ByteBuf buffer, int index) {
        byte[] octets = new byte[16];
        buffer.getBytes(index, octets);
        return NetUtil.bytesToIpAddress(octets);
    }
}
