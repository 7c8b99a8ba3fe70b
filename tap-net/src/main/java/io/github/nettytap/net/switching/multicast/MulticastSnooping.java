/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.table.TableCounter;
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
 * <p>Neighbor discovery goes to groups of link scope, so one whose report was missed must not cut a host off. A port
 * leads to a router, too, if a PIM hello (RFC 7761, section 4.9.2) or an advertisement of multicast router discovery
 * (RFC 4286) came from it, or if it was set.
 *
 * <p>Each port has a budget of memberships; see {@link GroupTable} for what happens beyond it. A report is read once, a
 * frame's receivers are found in a few steps, and nothing walks a table on a frame's way.
 *
 * <p>Source: RFC 4541, sections 2.1 and 3. Thread-safe.
 */
public final class MulticastSnooping {

    private static final int PROTOCOL_IGMP = 2;
    private static final int PROTOCOL_PIM = 103;
    private static final int LOCAL_BLOCK = 0xe000_0000;
    private static final int LOCAL_BLOCK_MASK = 0xffff_ff00;
    private static final int MULTICAST = 0xe000_0000;
    private static final int MULTICAST_MASK = 0xf000_0000;
    private static final int LINK_SCOPE = 0xff02;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;

    private final GroupTable table;
    private final Counters counters = new Counters();

    /**
     * Knows nothing yet.
     *
     * @param capacity how many memberships there may be: one a port and group
     * @param budget how many of them a port may have
     */
    public MulticastSnooping(int capacity, int budget) {
        table = new GroupTable(capacity, budget);
    }

    /**
     * Learns from a frame to a group address and tells where it goes.
     *
     * @param frame the frame, which is only read
     * @param payload the index behind its type field
     * @param vlan its VLAN, 0 for none
     * @param port the port that it came in through
     * @param destination its MAC address
     * @param heardByAll whether all ports of the VLAN will get it if it is flooded
     * @param now the time in seconds
     * @return the ports; {@link Receivers#ALL} itself if it is to be flooded
     */
    public Receivers receivers(
            ByteBuf frame, int payload, int vlan, int port, long destination, boolean heardByAll, long now) {
        table.tick(now);
        int limit = frame.writerIndex();
        return switch (frame.getUnsignedShort(payload - Short.BYTES)) {
            case EthernetHeader.TYPE_IPV4 ->
                ipv4(frame, payload, limit, new Speaker(vlan, port, destination, heardByAll, now));
            case EthernetHeader.TYPE_IPV6 ->
                ipv6(frame, payload, limit, new Speaker(vlan, port, destination, heardByAll, now));
            default -> Receivers.ALL;
        };
    }

    /**
     * Forgets what was heard from a port, which is gone or has nobody behind it any more.
     *
     * @param port its index
     */
    public void remove(int port) {
        table.remove(port);
    }

    /**
     * Sets that a port leads to a router, heard or not, or that it must be heard.
     *
     * @param port its index
     * @param on whether it does in any case
     */
    public void staticRouter(int port, boolean on) {
        table.staticRouter(port, on);
    }

    /**
     * What has happened to memberships.
     *
     * @return live counters
     */
    public Counters counters() {
        return counters;
    }

    private Receivers ipv4(ByteBuf frame, int ip, int limit, Speaker speaker) {
        if (Ipv4Header.check(frame, ip, limit) == Wire.MALFORMED) {
            return Receivers.ALL;
        }
        int destination = Ipv4Header.destination(frame, ip);
        int protocol = Ipv4Header.protocol(frame, ip);
        if ((protocol == PROTOCOL_IGMP || protocol == PROTOCOL_PIM) && !Ipv4Header.isFragment(frame, ip)) {
            int start = ip + Ipv4Header.headerLength(frame, ip);
            int end = Math.min(limit, ip + Ipv4Header.totalLength(frame, ip));
            Message message = protocol == PROTOCOL_PIM
                    ? PimMessages.readIpv4(frame, destination, start, end, speaker, table)
                    : IgmpMessages.read(frame, ip, start, end, speaker, table);
            if (message != Message.NONE) {
                return message == Message.REPORT ? routers(speaker, false) : Receivers.ALL;
            }
        }
        if ((destination & LOCAL_BLOCK_MASK) == LOCAL_BLOCK || (destination & MULTICAST_MASK) != MULTICAST) {
            return Receivers.ALL;
        }
        return listeners(GroupAddress.ipv4(speaker.vlan(), destination), false);
    }

    private Receivers ipv6(ByteBuf frame, int ip, int limit, Speaker speaker) {
        if (Ipv6Header.check(frame, ip, limit) == Wire.MALFORMED) {
            return Receivers.ALL;
        }
        int end = Math.min(limit, ip + Ipv6Header.LENGTH + Ipv6Header.payloadLength(frame, ip));
        Message message = Ipv6Header.nextHeader(frame, ip) == PROTOCOL_PIM
                ? PimMessages.readIpv6(frame, ip, end, speaker, table)
                : MldMessages.read(frame, ip, end, speaker, table);
        if (message != Message.NONE) {
            return message == Message.REPORT ? routers(speaker, true) : Receivers.ALL;
        }
        GroupAddress group = GroupAddress.ipv6(speaker.vlan(), frame, Ipv6Header.destinationIndex(ip));
        boolean allNodes = group.high() == ALL_NODES_HIGH && group.low() == 1;
        return allNodes ? Receivers.ALL : listeners(group, group.high() >>> 48 == LINK_SCOPE);
    }

    /** For what hosts say: other hosts that heard it would keep silent (RFC 4541, section 2.1.1, rule 1). */
    private Receivers routers(Speaker speaker, boolean ipv6) {
        PortSet queriers = table.queriers(speaker.vlan(), ipv6);
        return queriers.isEmpty() ? Receivers.ALL : withRouters(PortSet.NONE, queriers, speaker.vlan(), ipv6);
    }

    private Receivers withRouters(PortSet listeners, PortSet queriers, int vlan, boolean ipv6) {
        return Receivers.of(listeners, queriers, table.otherRouters(vlan, ipv6), table.staticRouters());
    }

    private Receivers listeners(GroupAddress group, boolean floodUnknown) {
        PortSet queriers = table.queriers(group.vlan(), group.isIpv6());
        if (queriers.isEmpty()) {
            return Receivers.ALL;
        }
        PortSet members = table.members(group);
        if (floodUnknown && members.isEmpty()) {
            return Receivers.ALL;
        }
        // Ports with more groups than there was room for may listen to this one as well.
        PortSet overflown = table.overflown();
        return overflown.isEmpty()
                ? withRouters(members, queriers, group.vlan(), group.isIpv6())
                : withRouters(union(members, overflown), queriers, group.vlan(), group.isIpv6());
    }

    private static PortSet union(PortSet some, PortSet more) {
        PortSet all = some;
        for (int port = more.next(0); port >= 0; port = more.next(port + 1)) {
            all = all.with(port);
        }
        return all;
    }

    /** What has happened to memberships since the switch was made. Any thread may read. */
    public final class Counters {

        private Counters() {}

        /**
         * Memberships that are known now.
         *
         * @return one a port and group
         */
        public int size() {
            return table.memberTable().size();
        }

        /**
         * Memberships that could be known.
         *
         * @return the capacity
         */
        public int capacity() {
            return table.memberTable().capacity();
        }

        /**
         * Memberships that had to make room for another: of the same port, or since all were taken.
         *
         * @return the count
         */
        public long evicted() {
            return table.memberTable().count(TableCounter.EVICTED)
                    + table.memberTable().count(TableCounter.EVICTED_OWN);
        }

        /**
         * Memberships that were reported and not entered: a port reports too many at once, or there was no room.
         *
         * @return the count
         */
        public long refused() {
            return table.joinsRefused();
        }
    }

    /** What a frame said. */
    enum Message {
        /** Nothing of membership. */
        NONE,
        /** Something that all ports are to hear: a router asks. */
        QUERY,
        /** A host says what it listens to, or no longer. */
        REPORT
    }

    /**
     * Where and when something was said.
     *
     * @param vlan the VLAN
     * @param port the port
     * @param destination the MAC address that the frame goes to
     * @param heardByAll whether all will hear it
     * @param now the time in seconds
     */
    record Speaker(int vlan, int port, long destination, boolean heardByAll, long now) {

        /** Whether those who listen to a group will hear a query for it, and so can answer. */
        boolean reaches(GroupAddress group) {
            return heardByAll && destination == group.mac();
        }
    }
}
