/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import io.github.nettytap.codec.print.FramePrinter.Packet;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/** The part of the {@link FramePrinter} for ICMP and ICMPv6. */
final class IcmpPrinter {

    private IcmpPrinter() {}

    static void printV4(StringBuilder line, Packet icmp, int length) {
        ByteBuf buffer = icmp.buffer;
        int index = icmp.index;
        line.append("ICMP ");
        if (Icmpv4Header.check(index, icmp.limit) == Wire.MALFORMED) {
            line.append("[|icmp]");
            return;
        }
        int type = Icmpv4Header.type(buffer, index);
        int code = Icmpv4Header.code(buffer, index);
        switch (type) {
            case Icmpv4Header.ECHO_REQUEST:
            case Icmpv4Header.ECHO_REPLY:
                line.append(type == Icmpv4Header.ECHO_REQUEST ? "echo request, id " : "echo reply, id ")
                        .append(Icmpv4Header.identifier(buffer, index))
                        .append(", seq ")
                        .append(Icmpv4Header.sequence(buffer, index));
                break;
            case Icmpv4Header.DESTINATION_UNREACHABLE:
                appendUnreachable(line, icmp, code);
                break;
            case Icmpv4Header.TIME_EXCEEDED:
                line.append(code == 0 ? "time exceeded in-transit" : "ip reassembly time exceeded");
                break;
            default:
                line.append("type-").append(type).append("-code-").append(code);
        }
        line.append(", length ").append(length);
    }

    private static void appendUnreachable(StringBuilder line, Packet icmp, int code) {
        ByteBuf buffer = icmp.buffer;
        int quoted = icmp.index + Icmpv4Header.LENGTH;
        if (icmp.limit - quoted < Ipv4Header.MIN_LENGTH) {
            line.append("unreachable-code-").append(code).append(" [|ip]");
            return;
        }
        String destination = IpPrinter.ipv4(Ipv4Header.destination(buffer, quoted));
        int protocol = Ipv4Header.protocol(buffer, quoted);
        switch (code) {
            case Icmpv4Header.CODE_NET_UNREACHABLE:
                line.append("net ").append(destination).append(" unreachable");
                break;
            case Icmpv4Header.CODE_HOST_UNREACHABLE:
                line.append("host ").append(destination).append(" unreachable");
                break;
            case Icmpv4Header.CODE_PROTOCOL_UNREACHABLE:
                line.append(destination).append(" protocol ").append(protocol).append(" unreachable");
                break;
            case Icmpv4Header.CODE_PORT_UNREACHABLE:
                appendPortUnreachable(line, icmp, quoted, destination, protocol);
                break;
            case Icmpv4Header.CODE_FRAGMENTATION_NEEDED:
                line.append(destination).append(" unreachable - need to frag");
                if (Icmpv4Header.mtu(buffer, icmp.index) != 0) {
                    line.append(" (mtu ")
                            .append(Icmpv4Header.mtu(buffer, icmp.index))
                            .append(')');
                }
                break;
            case Icmpv4Header.CODE_ADMINISTRATIVELY_PROHIBITED:
                line.append("host ").append(destination).append(" unreachable - admin prohibited filter");
                break;
            default:
                line.append(destination).append(" unreachable - #").append(code);
        }
    }

    private static void appendPortUnreachable(
            StringBuilder line, Packet icmp, int quoted, String destination, int protocol) {
        int ports = quoted + Ipv4Header.headerLength(icmp.buffer, quoted);
        if (icmp.limit - ports < 4) {
            line.append(destination).append(" port [|ip] unreachable");
            return;
        }
        line.append(destination);
        if (protocol == Ipv4Header.PROTOCOL_UDP) {
            line.append(" udp");
        } else if (protocol == Ipv4Header.PROTOCOL_TCP) {
            line.append(" tcp");
        } else {
            line.append(" protocol ").append(protocol);
        }
        line.append(" port ").append(icmp.buffer.getUnsignedShort(ports + 2)).append(" unreachable");
    }

    static void printV6(StringBuilder line, Packet icmp, int length) {
        ByteBuf buffer = icmp.buffer;
        int index = icmp.index;
        line.append("ICMP6, ");
        if (Icmpv6Header.check(index, icmp.limit) == Wire.MALFORMED) {
            line.append("[|icmp6]");
            return;
        }
        int type = Icmpv6Header.type(buffer, index);
        int code = Icmpv6Header.code(buffer, index);
        switch (type) {
            case Icmpv6Header.ECHO_REQUEST:
            case Icmpv6Header.ECHO_REPLY:
                line.append(type == Icmpv6Header.ECHO_REQUEST ? "echo request, id " : "echo reply, id ")
                        .append(Icmpv6Header.identifier(buffer, index))
                        .append(", seq ")
                        .append(Icmpv6Header.sequence(buffer, index));
                break;
            case Icmpv6Header.PACKET_TOO_BIG:
                line.append("packet too big, mtu ").append(Icmpv6Header.mtu(buffer, index));
                break;
            case Icmpv6Header.TIME_EXCEEDED:
                line.append(code == 0 ? "time exceeded in-transit" : "ip reassembly time exceeded");
                break;
            case Icmpv6Header.DESTINATION_UNREACHABLE:
                line.append("destination unreachable, ");
                appendUnreachableReason(line, code);
                break;
            case Icmpv6Header.MULTICAST_LISTENER_QUERY:
                line.append("multicast listener query");
                break;
            case Icmpv6Header.MULTICAST_LISTENER_REPORT:
                line.append("multicast listener report");
                break;
            case Icmpv6Header.MULTICAST_LISTENER_DONE:
                line.append("multicast listener done");
                break;
            case Icmpv6Header.MULTICAST_LISTENER_REPORT_V2:
                line.append("multicast listener report v2, ")
                        .append(Icmpv6Header.sequence(buffer, index))
                        .append(" group record(s)");
                break;
            default:
                if (!appendDiscovery(line, icmp, type)) {
                    line.append("type ").append(type).append(", code ").append(code);
                }
        }
        line.append(", length ").append(length);
    }

    private static void appendUnreachableReason(StringBuilder line, int code) {
        switch (code) {
            case Icmpv6Header.CODE_NO_ROUTE:
                line.append("unreachable route");
                break;
            case Icmpv6Header.CODE_ADMINISTRATIVELY_PROHIBITED:
                line.append("unreachable prohibited");
                break;
            case Icmpv6Header.CODE_ADDRESS_UNREACHABLE:
                line.append("unreachable address");
                break;
            case Icmpv6Header.CODE_PORT_UNREACHABLE:
                line.append("unreachable port");
                break;
            default:
                line.append("code ").append(code);
        }
    }

    private static boolean appendDiscovery(StringBuilder line, Packet icmp, int type) {
        ByteBuf buffer = icmp.buffer;
        int index = icmp.index;
        if (NeighborDiscovery.check(buffer, index, icmp.limit) == Wire.MALFORMED) {
            return false;
        }
        switch (type) {
            case NeighborDiscovery.ROUTER_SOLICITATION:
                line.append("router solicitation");
                break;
            case NeighborDiscovery.ROUTER_ADVERTISEMENT:
                line.append("router advertisement");
                break;
            case NeighborDiscovery.NEIGHBOR_SOLICITATION:
                line.append("neighbor solicitation, who has ")
                        .append(IpPrinter.ipv6(buffer, NeighborDiscovery.targetIndex(index)));
                break;
            case NeighborDiscovery.NEIGHBOR_ADVERTISEMENT:
                line.append("neighbor advertisement, tgt is ")
                        .append(IpPrinter.ipv6(buffer, NeighborDiscovery.targetIndex(index)));
                break;
            default:
                line.append("redirect, ")
                        .append(IpPrinter.ipv6(buffer, NeighborDiscovery.destinationIndex(index)))
                        .append(" to ")
                        .append(IpPrinter.ipv6(buffer, NeighborDiscovery.targetIndex(index)));
        }
        return true;
    }
}
