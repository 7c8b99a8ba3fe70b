/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.packet.EchoReplies;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.NeighborAdvertisement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Turns IPv6 requests round in place, and answers neighbor solicitations. */
final class Ipv6Echo {

    private static final int ADDRESS = 16;
    private static final int FRAGMENT_HEADER = 8;
    private static final int MULTICAST = 0xff;

    private static final long ALL_NODES_MAC = 0x3333_0000_0001L; // RFC 2464, section 7, of ff02::1

    private final MacAddress mac;
    private final EchoAddresses addresses;
    private final int udpPort;

    Ipv6Echo(MacAddress mac, EchoAddresses addresses, int udpPort) {
        this.mac = mac;
        this.addresses = addresses;
        this.udpPort = udpPort;
    }

    /** Makes a request its answer; otherwise leaves it as it is. */
    EchoEvent turn(ByteBuf buffer, int ip, int limit, boolean wholeChecksum) {
        if (Ipv6Header.check(buffer, ip, limit) == Wire.MALFORMED
                || !addresses.contains(buffer, Ipv6Header.destinationIndex(ip), ADDRESS)
                || !isHost(buffer, Ipv6Header.sourceIndex(ip))) {
            return EchoEvent.IGNORED;
        }
        int end = ip + Ipv6Header.LENGTH + Ipv6Header.payloadLength(buffer, ip);
        EchoEvent event = turnTransport(buffer, ip, end, wholeChecksum);
        if (event != EchoEvent.IGNORED) {
            EchoReplies.turnIpv6(buffer, ip);
        }
        return event;
    }

    private EchoEvent turnTransport(ByteBuf buffer, int ip, int end, boolean wholeChecksum) {
        int protocol = Ipv6Header.nextHeader(buffer, ip);
        int transport = ip + Ipv6Header.LENGTH;
        boolean later = false;
        if (protocol == Ipv6Header.NEXT_FRAGMENT && end - transport >= FRAGMENT_HEADER) {
            protocol = buffer.getUnsignedByte(transport);
            later = buffer.getUnsignedShort(transport + 2) >>> 3 != 0; // RFC 8200, section 4.5
            transport += FRAGMENT_HEADER;
        }
        boolean icmp = protocol == Ipv6Header.NEXT_ICMPV6;
        if (!icmp && protocol != Ipv4Header.PROTOCOL_UDP) {
            return EchoEvent.IGNORED;
        }
        if (later) {
            return icmp ? EchoEvent.PING : EchoEvent.UDP;
        }
        if (end - transport < UdpHeader.LENGTH) {
            return EchoEvent.IGNORED;
        }
        return icmp ? turnPing(buffer, transport, wholeChecksum) : Ipv4Echo.turnUdp(buffer, transport, udpPort);
    }

    private static EchoEvent turnPing(ByteBuf buffer, int icmp, boolean wholeChecksum) {
        if (Icmpv6Header.type(buffer, icmp) != Icmpv6Header.ECHO_REQUEST || Icmpv6Header.code(buffer, icmp) != 0) {
            return EchoEvent.IGNORED;
        }
        EchoReplies.turnIcmpv6(buffer, icmp, wholeChecksum);
        return EchoEvent.PING;
    }

    /** Whether somebody asks for the MAC address of an address of ours (RFC 4861, section 7.1.1). */
    boolean isSolicitation(ByteBuf buffer, int ip, int limit) {
        if (Ipv6Header.check(buffer, ip, limit) == Wire.MALFORMED
                || Ipv6Header.nextHeader(buffer, ip) != Ipv6Header.NEXT_ICMPV6
                || Ipv6Header.hopLimit(buffer, ip) != NeighborDiscovery.HOP_LIMIT) {
            return false;
        }
        int icmp = ip + Ipv6Header.LENGTH;
        int end = icmp + Ipv6Header.payloadLength(buffer, ip);
        return NeighborDiscovery.check(buffer, icmp, end) != Wire.MALFORMED
                && Icmpv6Header.type(buffer, icmp) == NeighborDiscovery.NEIGHBOR_SOLICITATION
                && Icmpv6Header.isChecksumValid(buffer, ip, icmp, end - icmp)
                && buffer.getUnsignedByte(Ipv6Header.sourceIndex(ip)) != MULTICAST
                && addresses.contains(buffer, NeighborDiscovery.targetIndex(icmp), ADDRESS);
    }

    /** The answer to a solicitation (RFC 4861, section 7.2.4). */
    VirtioNetFrame advertisement(ByteBufAllocator allocator, ByteBuf asked, int askedFrame, int askedIp) {
        boolean probe = isUnspecified(asked, Ipv6Header.sourceIndex(askedIp));
        // Room for the codec's header in front.
        int frame = VirtioNetHeader.TUNNEL_LENGTH;
        int ip = frame + EthernetHeader.LENGTH;
        int end = ip + NeighborAdvertisement.LENGTH;
        ByteBuf buffer = allocator.directBuffer(end);
        buffer.setIndex(frame, end).setZero(0, ip);
        EthernetHeader.destination(buffer, frame, probe ? ALL_NODES_MAC : EthernetHeader.source(asked, askedFrame));
        EthernetHeader.source(buffer, frame, mac.value());
        EthernetHeader.type(buffer, frame, EthernetHeader.TYPE_IPV6);
        int target = NeighborDiscovery.targetIndex(askedIp + Ipv6Header.LENGTH);
        int asking = Ipv6Header.sourceIndex(askedIp);
        // Whoever probes has no address yet to be answered at.
        NeighborAdvertisement.write(
                buffer,
                ip,
                asked.getLong(target),
                asked.getLong(target + Long.BYTES),
                probe ? IpAddress.LINK_GROUP_HIGH : asked.getLong(asking),
                probe ? NeighborAdvertisement.ALL_NODES_LOW : asked.getLong(asking + Long.BYTES),
                NeighborDiscovery.FLAG_OVERRIDE | (probe ? 0 : NeighborDiscovery.FLAG_SOLICITED),
                mac.value());
        return VirtioNetFrame.complete(buffer, ChecksumState.NONE);
    }

    private static boolean isHost(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index) != MULTICAST && !isUnspecified(buffer, index);
    }

    private static boolean isUnspecified(ByteBuf buffer, int index) {
        return buffer.getLong(index) == 0 && buffer.getLong(index + Long.BYTES) == 0;
    }
}
