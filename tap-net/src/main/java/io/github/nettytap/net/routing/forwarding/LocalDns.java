/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.dns.DnsClient;
import io.github.nettytap.net.routing.dns.DnsForwarder;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

/**
 * DNS queries by UDP to an address of the router.
 *
 * <p>Only who is behind the port is answered: an answer is longer than its query, and must not hit somebody else for
 * whom the sender pretends to ask.
 */
public final class LocalDns {

    private final Output output;
    private final LocalOutput originator;
    private final DnsForwarder forwarder;

    /**
     * By this forwarder.
     *
     * @param originator sends the answers
     * @param forwarder finds them
     */
    public LocalDns(Output output, LocalOutput originator, DnsForwarder forwarder) {
        this.output = output;
        this.originator = originator;
        this.forwarder = forwarder;
    }

    /** Whether a UDP packet that came in here is a DNS query, or the attempt of one. */
    boolean takesUdp(ByteBuf frame, RouterPort from, int udp) {
        return forwarder.serves(from)
                && frame.writerIndex() - udp >= UdpHeader.LENGTH
                && UdpHeader.destinationPort(frame, udp) == DnsSettings.PORT;
    }

    /** Takes a query, still the caller's. */
    void receiveIpv4(ByteBuf frame, RouterPort from, int ip) {
        PacketSize.completeChecksum(frame, output.vnetHeaderSize());
        int udp = ip + Ipv4Header.headerLength(frame, ip);
        int source = Ipv4Header.source(frame, ip);
        if (!isSound(frame, from, udp) || !isSumRight(frame, ip, udp, false)) {
            from.increment(RouterCounter.MALFORMED);
        } else if (!originator.isBehind(from, source)) {
            from.increment(RouterCounter.MARTIAN);
        } else {
            int own = Ipv4Header.destination(frame, ip);
            ask(frame, udp, new Client(from, false, 0, IpAddress.mapped(source), 0, own, port(frame, udp)));
        }
    }

    /** Takes a query, still the caller's. */
    void receiveIpv6(ByteBuf frame, RouterPort from, int ip, int udp) {
        PacketSize.completeChecksum(frame, output.vnetHeaderSize());
        int source = Ipv6Header.sourceIndex(ip);
        int destination = Ipv6Header.destinationIndex(ip);
        long high = frame.getLong(source);
        long low = frame.getLong(source + Long.BYTES);
        if (!isSound(frame, from, udp) || UdpHeader.checksum(frame, udp) == 0 || !isSumRight(frame, ip, udp, true)) {
            from.increment(RouterCounter.MALFORMED);
        } else if (!originator.isBehind(from, high, low)) {
            from.increment(RouterCounter.MARTIAN);
        } else {
            long ownHigh = frame.getLong(destination);
            long ownLow = frame.getLong(destination + Long.BYTES);
            ask(frame, udp, new Client(from, true, high, low, ownHigh, ownLow, port(frame, udp)));
        }
    }

    private static int port(ByteBuf frame, int udp) {
        return UdpHeader.sourcePort(frame, udp);
    }

    private static boolean isSound(ByteBuf frame, RouterPort from, int udp) {
        return UdpHeader.check(frame, udp, frame.writerIndex()) != Wire.MALFORMED && port(frame, udp) != 0;
    }

    private static boolean isSumRight(ByteBuf frame, int ip, int udp, boolean isIpv6) {
        int length = UdpHeader.length(frame, udp);
        int pseudo = isIpv6
                ? InternetChecksum.pseudoHeaderV6(frame, ip, Ipv4Header.PROTOCOL_UDP, length)
                : InternetChecksum.pseudoHeaderV4(frame, ip, Ipv4Header.PROTOCOL_UDP, length);
        return UdpHeader.checksum(frame, udp) == 0 || InternetChecksum.sum(frame, udp, length, pseudo) == 0xffff;
    }

    private void ask(ByteBuf frame, int udp, Client client) {
        forwarder.query(frame.slice(udp + UdpHeader.LENGTH, UdpHeader.length(frame, udp) - UdpHeader.LENGTH), client);
    }

    /** Somebody who asks by UDP. */
    private final class Client implements DnsClient {
        private final RouterPort port;
        private final boolean isIpv6;
        private final long high;
        private final long low;
        private final long ownHigh;
        private final long ownLow;
        private final int socket;

        Client(RouterPort port, boolean isIpv6, long high, long low, long ownHigh, long ownLow, int socket) {
            this.port = port;
            this.isIpv6 = isIpv6;
            this.high = high;
            this.low = low;
            this.ownHigh = ownHigh;
            this.ownLow = ownLow;
            this.socket = socket;
        }

        @Override
        public RouterPort port() {
            return port;
        }

        @Override
        public long high() {
            return high;
        }

        @Override
        public long low() {
            return low;
        }

        @Override
        public int socket() {
            return socket;
        }

        /** One packet, which is not fragmented. */
        @Override
        public int mostBytes() {
            return port.mtu() - Ipv6Header.LENGTH - UdpHeader.LENGTH;
        }

        @Override
        public void answer(ByteBuf message) {
            int header = isIpv6 ? Ipv6Header.LENGTH : Ipv4Header.MIN_LENGTH;
            int length = UdpHeader.LENGTH + message.readableBytes();
            ByteBuf frame;
            try {
                int type = isIpv6 ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4;
                frame = output.newFrame(port, type, header + length);
                int udp = output.ipIndex(frame) + header;
                frame.setBytes(udp + UdpHeader.LENGTH, message, message.readerIndex(), message.readableBytes());
                UdpHeader.sourcePort(frame, udp, DnsSettings.PORT);
                UdpHeader.destinationPort(frame, udp, socket);
                UdpHeader.length(frame, udp, length);
                UdpHeader.checksum(frame, udp, 0);
            } finally {
                message.release();
            }
            send(frame, length);
        }

        private void send(ByteBuf frame, int length) {
            int ip = output.ipIndex(frame);
            if (isIpv6) {
                Ipv6Packets.write(frame, ip, length, Ipv4Header.PROTOCOL_UDP, Ipv4Packets.TIME_TO_LIVE);
                IpAddress.write(frame, Ipv6Header.sourceIndex(ip), ownHigh, ownLow);
                IpAddress.write(frame, Ipv6Header.destinationIndex(ip), high, low);
                complete(
                        frame,
                        ip + Ipv6Header.LENGTH,
                        length,
                        InternetChecksum.pseudoHeaderV6(frame, ip, Ipv4Header.PROTOCOL_UDP, length));
                originator.sendIpv6(frame, port);
            } else {
                int total = Ipv4Header.MIN_LENGTH + length;
                Ipv4Packets.write(frame, ip, total, Ipv4Header.PROTOCOL_UDP, (int) ownLow, (int) low);
                complete(
                        frame,
                        ip + Ipv4Header.MIN_LENGTH,
                        length,
                        InternetChecksum.pseudoHeaderV4(frame, ip, Ipv4Header.PROTOCOL_UDP, length));
                originator.sendIpv4(frame);
            }
        }

        private static void complete(ByteBuf frame, int udp, int length, int pseudo) {
            int sum = InternetChecksum.sum(frame, udp, length, pseudo);
            UdpHeader.checksum(frame, udp, InternetChecksum.udp(InternetChecksum.complement(sum)));
        }
    }
}
