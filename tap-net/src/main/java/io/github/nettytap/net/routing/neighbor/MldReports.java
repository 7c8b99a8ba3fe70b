/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.PortAddresses;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * The multicast groups that the router itself listens to, said when a link comes up and when a querier asks: a switch
 * that snoops would else keep neighbor solicitations from it. RFC 3810; reports of version 1 (RFC 2710) where a querier
 * speaks that.
 *
 * <p>Those are the solicited-node groups of its addresses and that of all routers. One answer is outstanding for a port
 * at most, and names all groups, whichever were asked for.
 */
public final class MldReports {

    private static final int QUERY_V1_LENGTH = 24;
    private static final int QUERY_V2_LENGTH = 28;
    private static final int RESPONSE_DELAY = 4;
    private static final int MAX_DELAY_MILLIS = 10_000;

    /** RFC 3810, section 5.2.12: the group is there, with all sources. */
    private static final int MODE_IS_EXCLUDE = 2;

    private static final int RECORD_LENGTH = 20;
    private static final int REPORT_LENGTH = 8;
    private static final int REPORT_V1_LENGTH = 24;

    /** The next header, then options: router alert (RFC 2711) and two bytes of padding. */
    private static final long HOP_BY_HOP = 0x3a00_0502_0000_0100L;

    private static final int HOP_BY_HOP_LENGTH = 8;
    private static final long ALL_ROUTERS_LOW = 2;
    private static final long ALL_MLDV2_ROUTERS_LOW = 0x16;

    private final Output output;
    private final LongSupplier clock;
    private final List<Answer> answers = new ArrayList<>();

    /** An answer to a querier that is due. */
    private record Answer(RouterPort port, long at, boolean isVersion1) {}

    public MldReports(Output output, LongSupplier clock) {
        this.output = output;
        this.clock = clock;
    }

    /**
     * Takes a query whose checksum is right.
     *
     * @param frame still the caller's
     * @param icmp the index of its ICMPv6 header
     */
    public void queried(ByteBuf frame, RouterPort port, int ip, int icmp) {
        int length = frame.writerIndex() - icmp;
        // RFC 3810, sections 5.1.14 and 8.1: not from beyond the link, and of one of the two lengths.
        if (Ipv6Header.hopLimit(frame, ip) != 1
                || !IpAddress.isLinkLocal(frame.getLong(Ipv6Header.sourceIndex(ip)))
                || length != QUERY_V1_LENGTH && length < QUERY_V2_LENGTH
                || !port.addresses().hasIpv6()) {
            return;
        }
        for (Answer answer : answers) {
            if (answer.port == port) {
                return;
            }
        }
        int code = frame.getUnsignedShort(icmp + RESPONSE_DELAY);
        // RFC 3810, section 5.1.3: beyond 32,767 it is a floating-point number; none of those is short of the maximum
        // here.
        int delay = Math.min(code, MAX_DELAY_MILLIS);
        long at = clock.getAsLong() + ThreadLocalRandom.current().nextInt(delay + 1);
        answers.add(new Answer(port, at, length == QUERY_V1_LENGTH));
    }

    /** Sends what is due. */
    public void tick() {
        if (answers.isEmpty()) {
            return;
        }
        long now = clock.getAsLong();
        answers.removeIf(answer -> {
            if (answer.at > now) {
                return false;
            }
            if (answer.port.channel().isActive()) {
                if (answer.isVersion1) {
                    groups(answer.port).forEach(low -> reportVersion1(answer.port, low));
                } else {
                    report(answer.port);
                }
            }
            return true;
        });
    }

    public void remove(RouterPort port) {
        answers.removeIf(answer -> answer.port == port);
    }

    /** The lower halves of the groups, each once. */
    private static List<Long> groups(RouterPort port) {
        List<Long> groups = new ArrayList<>(List.of(ALL_ROUTERS_LOW));
        PortAddresses addresses = port.addresses();
        for (int i = 0; i < addresses.ipv6Count(); i++) {
            add(groups, IpAddress.solicitedNodeLow(addresses.ipv6Low(i)));
        }
        if (addresses.hasAnycast()) {
            add(groups, IpAddress.solicitedNodeLow(0));
        }
        return groups;
    }

    private static void add(List<Long> groups, long low) {
        if (!groups.contains(low)) {
            groups.add(low);
        }
    }

    /** Says that the router listens to its groups. */
    void report(RouterPort port) {
        List<Long> groups = groups(port);
        int length = REPORT_LENGTH + groups.size() * RECORD_LENGTH;
        ByteBuf frame = message(port, length, ALL_MLDV2_ROUTERS_LOW);
        int icmp = output.ipIndex(frame) + Ipv6Header.LENGTH + HOP_BY_HOP_LENGTH;
        Icmpv6Header.type(frame, icmp, Icmpv6Header.MULTICAST_LISTENER_REPORT_V2);
        frame.setShort(icmp + 6, groups.size());
        int record = icmp + REPORT_LENGTH;
        for (long low : groups) {
            frame.setByte(record, MODE_IS_EXCLUDE);
            IpAddress.write(frame, record + 4, IpAddress.LINK_GROUP_HIGH, low);
            record += RECORD_LENGTH;
        }
        send(frame, port, icmp, length, ALL_MLDV2_ROUTERS_LOW);
    }

    private void reportVersion1(RouterPort port, long low) {
        ByteBuf frame = message(port, REPORT_V1_LENGTH, low);
        int icmp = output.ipIndex(frame) + Ipv6Header.LENGTH + HOP_BY_HOP_LENGTH;
        Icmpv6Header.type(frame, icmp, Icmpv6Header.MULTICAST_LISTENER_REPORT);
        IpAddress.write(frame, icmp + 8, IpAddress.LINK_GROUP_HIGH, low);
        send(frame, port, icmp, REPORT_V1_LENGTH, low);
    }

    /** A packet to a group of the link, with the router alert that queriers look for, and an empty message. */
    private ByteBuf message(RouterPort port, int length, long destinationLow) {
        int payload = HOP_BY_HOP_LENGTH + length;
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_IPV6, Ipv6Header.LENGTH + payload);
        int ip = output.ipIndex(frame);
        Ipv6Packets.write(frame, ip, payload, Ipv6Header.NEXT_HOP_BY_HOP, 1);
        IpAddress.write(
                frame,
                Ipv6Header.sourceIndex(ip),
                IpAddress.LINK_LOCAL_HIGH,
                port.addresses().linkLocalLow());
        IpAddress.write(frame, Ipv6Header.destinationIndex(ip), IpAddress.LINK_GROUP_HIGH, destinationLow);
        frame.setLong(ip + Ipv6Header.LENGTH, HOP_BY_HOP);
        frame.setZero(ip + Ipv6Header.LENGTH + HOP_BY_HOP_LENGTH, length);
        return frame;
    }

    private void send(ByteBuf frame, RouterPort port, int icmp, int length, long destinationLow) {
        Icmpv6Header.updateChecksum(frame, output.ipIndex(frame), icmp, length);
        output.send(frame, port, IpAddress.groupMac(destinationLow));
    }
}
