/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.port.HostLimits;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.PortAddresses;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.function.LongSupplier;

/**
 * Tells senders what became of their packets, with the packet quoted, and not too often.
 *
 * <p>Never about another error, a fragment that is not the first, a packet from or to a group, or one that came in a
 * frame to a group: RFC 1122, section 3.2.2, and RFC 4443, section 2.4 (e).
 */
public final class IcmpErrors {

    // RFC 1812, section 4.3.2.3, and RFC 4443, section 2.4 (c): as much as fits.
    private static final int MAX_IPV4 = 576;
    private static final int MAX_IPV6 = 1280;

    private static final int HOP_LIMIT = 64;

    private final Output output;
    private final LocalOutput originator;
    private final LongSupplier clock;

    /**
     * A host: a traceroute or two at a time; a link: as the kernel's icmp_msgs_per_sec, of all links. Packet-too-big
     * messages are neither limited nor counted: without one, path MTU discovery ends in a black hole; there is one for
     * each packet at most, and it is not longer.
     */
    private final HostLimits limits = new HostLimits(100, 50, 1_000, 200);

    public IcmpErrors(Output output, LocalOutput originator, LongSupplier clock) {
        this.output = output;
        this.originator = originator;
        this.clock = clock;
    }

    /** To be called about once a second. */
    public void tick() {
        limits.tick(clock.getAsLong());
    }

    /**
     * Sends an ICMP error.
     *
     * @param offender the frame that it is about; still the caller's
     * @param from the port that it came in through
     * @param type the type of the error
     * @param code its code
     * @param rest the last 32 bits of its header: the MTU of the next hop, or zero
     */
    public void sendIpv4(ByteBuf offender, RouterPort from, int type, int code, int rest) {
        int offending = output.ipIndex(offender);
        if (!from.addresses().hasIpv4() || isToLinkGroup(offender) || !mayAnswerIpv4(offender, offending)) {
            return;
        }
        int sender = Ipv4Header.source(offender, offending);
        boolean isTooBig =
                type == Icmpv4Header.DESTINATION_UNREACHABLE && code == Icmpv4Header.CODE_FRAGMENTATION_NEEDED;
        if (!allowed(from, isTooBig, 0, IpAddress.mapped(sender))) {
            return;
        }
        int quote = Math.min(
                Ipv4Header.totalLength(offender, offending), MAX_IPV4 - Ipv4Header.MIN_LENGTH - Icmpv4Header.LENGTH);
        int length = Ipv4Header.MIN_LENGTH + Icmpv4Header.LENGTH + quote;
        ByteBuf frame = output.newFrame(from, EthernetHeader.TYPE_IPV4, length);
        int ip = output.ipIndex(frame);
        Ipv4Packets.write(
                frame, ip, length, Ipv4Header.PROTOCOL_ICMP, from.addresses().source(sender), sender);
        int icmp = ip + Ipv4Header.MIN_LENGTH;
        Icmpv4Header.type(frame, icmp, type);
        Icmpv4Header.code(frame, icmp, code);
        frame.setInt(icmp + 4, rest);
        frame.setBytes(icmp + Icmpv4Header.LENGTH, offender, offending, quote);
        Icmpv4Header.updateChecksum(frame, icmp, Icmpv4Header.LENGTH + quote);
        originator.sendIpv4(frame);
    }

    private static boolean mayAnswerIpv4(ByteBuf offender, int ip) {
        if (!Ipv4Packets.isFirstFragment(offender, ip) || Ipv4Header.source(offender, ip) == 0) {
            return false;
        }
        if (Ipv4Header.protocol(offender, ip) != Ipv4Header.PROTOCOL_ICMP) {
            return true;
        }
        int icmp = ip + Ipv4Header.headerLength(offender, ip);
        if (Icmpv4Header.check(icmp, offender.writerIndex()) == Wire.MALFORMED) {
            return false;
        }
        int type = Icmpv4Header.type(offender, icmp);
        return type == Icmpv4Header.ECHO_REQUEST || type == Icmpv4Header.ECHO_REPLY;
    }

    /**
     * Sends an ICMPv6 error.
     *
     * @param offender the frame that it is about; still the caller's
     * @param from the port that it came in through
     * @param type the type of the error
     * @param code its code
     * @param rest the last 32 bits of its header: an MTU, a pointer, or zero
     */
    public void sendIpv6(ByteBuf offender, RouterPort from, int type, int code, int rest) {
        int offending = output.ipIndex(offender);
        if (!from.addresses().hasIpv6() || isToLinkGroup(offender) || !mayAnswerIpv6(offender, offending)) {
            return;
        }
        int source = Ipv6Header.sourceIndex(offending);
        long high = offender.getLong(source);
        long low = offender.getLong(source + Long.BYTES);
        if (!allowed(from, type == Icmpv6Header.PACKET_TOO_BIG, high, low)) {
            return;
        }
        int quote = Math.min(offender.writerIndex() - offending, MAX_IPV6 - Ipv6Header.LENGTH - Icmpv6Header.LENGTH);
        int length = Icmpv6Header.LENGTH + quote;
        ByteBuf frame = output.newFrame(from, EthernetHeader.TYPE_IPV6, Ipv6Header.LENGTH + length);
        int ip = output.ipIndex(frame);
        Ipv6Packets.write(frame, ip, length, Ipv6Header.NEXT_ICMPV6, HOP_LIMIT);
        PortAddresses own = from.addresses();
        IpAddress.write(frame, Ipv6Header.sourceIndex(ip), own.sourceHigh(high), own.sourceLow(high));
        IpAddress.write(frame, Ipv6Header.destinationIndex(ip), high, low);
        int icmp = ip + Ipv6Header.LENGTH;
        Icmpv6Header.type(frame, icmp, type);
        Icmpv6Header.code(frame, icmp, code);
        frame.setInt(icmp + 4, rest);
        frame.setBytes(icmp + Icmpv6Header.LENGTH, offender, offending, quote);
        Icmpv6Header.updateChecksum(frame, ip, icmp, length);
        originator.sendIpv6(frame, from);
    }

    private static boolean mayAnswerIpv6(ByteBuf offender, int ip) {
        int source = Ipv6Header.sourceIndex(ip);
        long high = offender.getLong(source);
        if (IpAddress.isGroup(high) || IpAddress.isUnspecified(high, offender.getLong(source + Long.BYTES))) {
            return false;
        }
        int limit = offender.writerIndex();
        int transport = Ipv6Header.transport(offender, ip, limit);
        if (transport == Wire.MALFORMED) {
            return false;
        }
        if (Ipv6Header.transportProtocol(transport) != Ipv6Header.NEXT_ICMPV6) {
            return true;
        }
        int icmp = ip + Ipv6Header.transportOffset(transport);
        return Icmpv6Header.check(icmp, limit) != Wire.MALFORMED
                && !Icmpv6Header.isError(Icmpv6Header.type(offender, icmp));
    }

    /**
     * RFC 1122, section 3.2.2, and RFC 4443, section 2.4 (e.4): all hosts of the link would have their errors about it.
     */
    private boolean isToLinkGroup(ByteBuf offender) {
        int ethernet = offender.readerIndex() + output.vnetHeaderSize();
        return MacAddress.isGroup(EthernetHeader.destination(offender, ethernet));
    }

    private boolean allowed(RouterPort from, boolean always, long high, long low) {
        boolean allowed = always || limits.allows(from, high, low, clock.getAsLong());
        from.increment(allowed ? RouterCounter.ERRORS_SENT : RouterCounter.ERRORS_LIMITED);
        return allowed;
    }
}
