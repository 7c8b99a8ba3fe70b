/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.packet.EchoReplies;
import io.netty.buffer.ByteBuf;

/** Turns IPv4 requests round in place. */
final class Ipv4Echo {

    private static final int DESTINATION = 16;

    private final EchoAddresses addresses;
    private final int udpPort;

    Ipv4Echo(EchoAddresses addresses, int udpPort) {
        this.addresses = addresses;
        this.udpPort = udpPort;
    }

    /** Makes a request its answer; otherwise leaves it as it is. */
    EchoEvent turn(ByteBuf buffer, int ip, int limit, boolean wholeChecksum) {
        int length = Ipv4Header.check(buffer, ip, limit);
        if (length == Wire.MALFORMED
                || InternetChecksum.sum(buffer, ip, length) != 0xffff
                || !addresses.contains(buffer, ip + DESTINATION, Integer.BYTES)
                || !addresses.isHost(Ipv4Header.source(buffer, ip))) {
            return EchoEvent.IGNORED;
        }
        int end = ip + Ipv4Header.totalLength(buffer, ip);
        EchoEvent event = turnTransport(buffer, ip, ip + length, end, wholeChecksum);
        if (event != EchoEvent.IGNORED) {
            EchoReplies.turnIpv4(buffer, ip);
        }
        return event;
    }

    private EchoEvent turnTransport(ByteBuf buffer, int ip, int transport, int end, boolean wholeChecksum) {
        boolean icmp = Ipv4Header.protocol(buffer, ip) == Ipv4Header.PROTOCOL_ICMP;
        if (!icmp && Ipv4Header.protocol(buffer, ip) != Ipv4Header.PROTOCOL_UDP) {
            return EchoEvent.IGNORED;
        }
        if ((Ipv4Header.fragment(buffer, ip) & Ipv4Header.FRAGMENT_OFFSET_MASK) != 0) {
            // The checksum of the whole is in the first fragment. Without that one, this goes back to no harm.
            return icmp ? EchoEvent.PING : EchoEvent.UDP;
        }
        if (end - transport < UdpHeader.LENGTH) {
            return EchoEvent.IGNORED;
        }
        return icmp ? turnPing(buffer, transport, wholeChecksum) : turnUdp(buffer, transport, udpPort);
    }

    private static EchoEvent turnPing(ByteBuf buffer, int icmp, boolean wholeChecksum) {
        if (Icmpv4Header.type(buffer, icmp) != Icmpv4Header.ECHO_REQUEST || Icmpv4Header.code(buffer, icmp) != 0) {
            return EchoEvent.IGNORED;
        }
        EchoReplies.turnIcmpv4(buffer, icmp, wholeChecksum);
        return EchoEvent.PING;
    }

    /** For both versions of IP: ports change places, and the checksum is the same as before. */
    static EchoEvent turnUdp(ByteBuf buffer, int udp, int udpPort) {
        int source = UdpHeader.sourcePort(buffer, udp);
        // An answer to another echo service would go to and fro for ever.
        if (UdpHeader.destinationPort(buffer, udp) != udpPort || source == udpPort || source == 0) {
            return EchoEvent.IGNORED;
        }
        UdpHeader.sourcePort(buffer, udp, udpPort);
        UdpHeader.destinationPort(buffer, udp, source);
        return EchoEvent.UDP;
    }
}
