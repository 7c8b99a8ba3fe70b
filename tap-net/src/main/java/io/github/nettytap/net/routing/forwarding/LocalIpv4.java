/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.dhcp.DhcpServer;
import io.github.nettytap.net.routing.packet.EchoReplies;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.packet.RecordRoute;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.IdentityHashMap;
import java.util.Map;

/** IPv4 packets for the router itself: it answers pings, DHCP and DNS, and refuses the rest. It does not reassemble fragments. */
public final class LocalIpv4 {

    private final Output output;
    private final LocalOutput originator;
    private final IcmpErrors errors;
    private final LocalDns dns;
    private final Map<RouterPort, DhcpServer> dhcpServers = new IdentityHashMap<>();

    public LocalIpv4(Output output, LocalOutput originator, IcmpErrors errors, LocalDns dns) {
        this.output = output;
        this.originator = originator;
        this.errors = errors;
        this.dns = dns;
    }

    /** From now on hosts of this link are leased addresses. */
    public void serve(RouterPort link, DhcpServer server) {
        dhcpServers.put(link, server);
    }

    /** Ends the leasing of addresses to hosts of this link; returns the server, for the caller to close, or null. */
    public DhcpServer unserve(RouterPort link) {
        return dhcpServers.remove(link);
    }

    /** A host of the link has said by ARP that it has an address. */
    public void heard(RouterPort link, int address, long mac) {
        DhcpServer server = dhcpServers.get(link);
        if (server != null) {
            server.heard(address, mac);
        }
    }

    /** To be called a few times a second. */
    public void tick() {
        dhcpServers.values().forEach(DhcpServer::tick);
    }

    /** Ends the services, once the event loop does nothing more. Waits for the disk. */
    public void close() {
        dhcpServers.values().forEach(DhcpServer::close);
        dhcpServers.clear();
    }

    /**
     * Takes a packet whose header is right.
     *
     * @param frame owned by this method
     * @param from the port that it came in through
     * @param isToGroup whether its destination MAC address is a group
     */
    void receive(ByteBuf frame, RouterPort from, boolean isToGroup) {
        from.increment(RouterCounter.LOCAL);
        int ip = output.ipIndex(frame);
        int protocol = Ipv4Header.protocol(frame, ip);
        DhcpServer dhcp = isForDhcpServer(frame, ip, protocol) ? dhcpServers.get(from) : null;
        if (dhcp != null) {
            dhcp.receive(frame, ip);
            frame.release();
            return;
        }
        if (isToGroup || Ipv4Header.isFragment(frame, ip)) {
            frame.release();
            return;
        }
        if (protocol == Ipv4Header.PROTOCOL_UDP && dns.takesUdp(frame, from, ip + Ipv4Header.headerLength(frame, ip))) {
            dns.receiveIpv4(frame, from, ip);
            frame.release();
            return;
        }
        if (protocol == Ipv4Header.PROTOCOL_TCP && from.translates()) {
            // RFC 5382, REQ-4: an unsolicited SYN must not be answered for 6 s, since that of a host inside may cross
            // it. That
            // the host outside waits in vain is better than to keep what anybody may send.
            frame.release();
            return;
        }
        if (protocol == Ipv4Header.PROTOCOL_ICMP) {
            receiveIcmp(frame, ip);
            return;
        }
        boolean hasPorts = protocol == Ipv4Header.PROTOCOL_UDP || protocol == Ipv4Header.PROTOCOL_TCP;
        int code = hasPorts ? Icmpv4Header.CODE_PORT_UNREACHABLE : Icmpv4Header.CODE_PROTOCOL_UNREACHABLE;
        errors.sendIpv4(frame, from, Icmpv4Header.DESTINATION_UNREACHABLE, code, 0);
        frame.release();
    }

    private static boolean isForDhcpServer(ByteBuf frame, int ip, int protocol) {
        int udp = ip + Ipv4Header.headerLength(frame, ip);
        return protocol == Ipv4Header.PROTOCOL_UDP
                && !Ipv4Header.isFragment(frame, ip)
                && frame.writerIndex() - udp >= UdpHeader.LENGTH
                && UdpHeader.destinationPort(frame, udp) == DhcpServer.SERVER_PORT;
    }

    private void receiveIcmp(ByteBuf frame, int ip) {
        PacketSize.completeChecksum(frame, output.vnetHeaderSize());
        int limit = frame.writerIndex();
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        if (Icmpv4Header.check(icmp, limit) == Wire.MALFORMED
                || Icmpv4Header.type(frame, icmp) != Icmpv4Header.ECHO_REQUEST
                || !Icmpv4Header.isChecksumValid(frame, icmp, limit - icmp)) {
            frame.release();
            return;
        }
        EchoReplies.turnIcmpv4(frame, icmp, true);
        // RFC 1122, section 3.2.2.6: the answer carries the route on.
        RecordRoute.record(frame, ip, Ipv4Header.headerLength(frame, ip), Ipv4Header.destination(frame, ip));
        EchoReplies.turnIpv4(frame, ip);
        originator.sendIpv4(frame);
    }
}
