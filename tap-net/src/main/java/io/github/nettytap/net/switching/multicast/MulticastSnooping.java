/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/**
 * Decides which ports a multicast frame goes to.
 *
 * <pre>
 *   query                                         all ports; its port leads to a router
 *   report, leave                                 routers
 *   to 224.0.0.x or ff02::1                       all ports
 *   to a group that somebody listens to           its listeners, and routers
 *   to another group                              routers; of link scope in IPv6: all ports
 *   anything, as long as no router asks           all ports
 *   not IP, or behind a second tag                all ports
 * </pre>
 *
 * <p>Neighbor discovery goes to groups of link scope, so one whose report was missed must not cut a host off.
 *
 * <p>Source: RFC 4541, sections 2.1 and 3. Thread-safe.
 */
public final class MulticastSnooping {

    private static final int PROTOCOL_IGMP = 2;
    private static final int LOCAL_BLOCK = 0xe000_0000;
    private static final int LOCAL_BLOCK_MASK = 0xffff_ff00;
    private static final int MULTICAST = 0xe000_0000;
    private static final int MULTICAST_MASK = 0xf000_0000;
    private static final int LINK_SCOPE = 0xff02;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;

    private final GroupTable table = new GroupTable();

    /**
     * Learns from a frame to a group address and tells where it goes.
     *
     * @param frame the frame, which is only read
     * @param payload the index behind its type field
     * @param vlan its VLAN, 0 for none
     * @param port the port that it came in through
     * @param now the time in seconds
     */
    public Receivers receivers(ByteBuf frame, int payload, int vlan, int port, long now) {
        int limit = frame.writerIndex();
        return switch (frame.getUnsignedShort(payload - Short.BYTES)) {
            case EthernetHeader.TYPE_IPV4 -> ipv4(frame, payload, limit, new Speaker(vlan, port, now));
            case EthernetHeader.TYPE_IPV6 -> ipv6(frame, payload, limit, new Speaker(vlan, port, now));
            default -> Receivers.ALL;
        };
    }

    /** Forgets a port that is gone. */
    public void remove(int port) {
        table.remove(port);
    }

    private Receivers ipv4(ByteBuf frame, int ip, int limit, Speaker speaker) {
        if (Ipv4Header.check(frame, ip, limit) == Wire.MALFORMED) {
            return Receivers.ALL;
        }
        int destination = Ipv4Header.destination(frame, ip);
        if (Ipv4Header.protocol(frame, ip) == PROTOCOL_IGMP && !Ipv4Header.isFragment(frame, ip)) {
            int start = ip + Ipv4Header.headerLength(frame, ip);
            int end = Math.min(limit, ip + Ipv4Header.totalLength(frame, ip));
            Message message = IgmpMessages.read(frame, start, end, Ipv4Header.source(frame, ip), speaker, table);
            if (message != Message.NONE) {
                return message == Message.QUERY ? Receivers.ALL : routers(speaker, false);
            }
        }
        if ((destination & LOCAL_BLOCK_MASK) == LOCAL_BLOCK || (destination & MULTICAST_MASK) != MULTICAST) {
            return Receivers.ALL;
        }
        return listeners(GroupAddress.ipv4(speaker.vlan(), destination), false, speaker);
    }

    private Receivers ipv6(ByteBuf frame, int ip, int limit, Speaker speaker) {
        if (Ipv6Header.check(frame, ip, limit) == Wire.MALFORMED) {
            return Receivers.ALL;
        }
        int end = Math.min(limit, ip + Ipv6Header.LENGTH + Ipv6Header.payloadLength(frame, ip));
        Message message = MldMessages.read(frame, ip, end, speaker, table);
        if (message != Message.NONE) {
            return message == Message.QUERY ? Receivers.ALL : routers(speaker, true);
        }
        GroupAddress group = GroupAddress.ipv6(speaker.vlan(), frame, Ipv6Header.destinationIndex(ip));
        boolean allNodes = group.high() == ALL_NODES_HIGH && group.low() == 1;
        return allNodes ? Receivers.ALL : listeners(group, group.high() >>> 48 == LINK_SCOPE, speaker);
    }

    /** For what hosts say: other hosts that heard it would keep silent (RFC 4541, section 2.1.1, rule 1). */
    private Receivers routers(Speaker speaker, boolean ipv6) {
        long now = speaker.now();
        PortDeadlines routers = table.routers(speaker.vlan(), ipv6);
        return routers.isEmpty(now) ? Receivers.ALL : port -> routers.contains(port, now);
    }

    private Receivers listeners(GroupAddress group, boolean floodUnknown, Speaker speaker) {
        long now = speaker.now();
        PortDeadlines routers = table.routers(speaker.vlan(), group.isIpv6());
        if (routers.isEmpty(now)) {
            return Receivers.ALL;
        }
        PortDeadlines members = table.members(group);
        if ((floodUnknown || table.isOverflown(now)) && members.isEmpty(now)) {
            return Receivers.ALL;
        }
        return port -> members.contains(port, now) || routers.contains(port, now);
    }

    /** What a frame said. */
    enum Message {
        /** Nothing of membership. */
        NONE,
        /** A router asks. */
        QUERY,
        /** A host says what it listens to, or no longer. */
        REPORT
    }

    /**
     * Where and when something was said.
     *
     * @param vlan the VLAN
     * @param port the port
     * @param now the time in seconds
     */
    record Speaker(int vlan, int port, long now) {}
}
