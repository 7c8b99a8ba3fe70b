/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.switching.multicast.GroupTable.RouterKind;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Message;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Speaker;
import io.netty.buffer.ByteBuf;

/**
 * Reads MLD, which is ICMPv6 behind a hop-by-hop header with the router alert.
 *
 * <pre>
 *  byte 0      1        2            4               6             8                        24
 * +--------+--------+------------+---------------+-------------+------------------------+--------
 * |  type  |  code  |  checksum  |  time limit   |  reserved   |  group                 |          query, report of v1, done
 * +--------+--------+------------+---------------+-------------+------------------------+--------
 * |  143   |   0    |  checksum  |  reserved     |  records    |  records …                        report of v2
 * +--------+--------+------------+---------------+-------------+---------------------------------
 *
 *  a query of v2 goes on: S flag and robustness (1), query interval (1), number of sources (2), sources (16 each)
 *  a record: type, length of auxiliary data in words, number of sources (2), group (16), sources (16 each), auxiliary data
 * </pre>
 *
 * <p>Source: RFC 2710, section 3; RFC 3810, section 5; RFC 4286, section 7.
 */
final class MldMessages {

    private static final int LENGTH = 8;
    private static final int GROUP = 8;
    private static final int LENGTH_WITH_GROUP = 24;
    private static final int RECORDS = 6;
    private static final int RECORD_GROUP = 4;
    private static final int RECORD_LENGTH = 20;
    private static final int ADDRESS_LENGTH = 16;
    private static final int RESPONSE_CODE = 4;
    private static final int LENGTH_WITH_SOURCES = 28;
    private static final int ROUTER_ADVERTISEMENT = 151;
    private static final int ROUTER_TERMINATION = 153;
    private static final int TERMINATION_LENGTH = 4;

    /** RFC 4286, section 4: the advertisement of a router is missed three times. */
    private static final int MISSED_ADVERTISEMENTS = 3;

    private static final int DEFAULT_ADVERTISEMENT_SECONDS = 20;

    /** fe80::/10, from which all of MLD must come (RFC 3810, section 5.1.14), but reports of a host without any. */
    private static final int LINK_LOCAL = 0xfe80;

    private static final int LINK_LOCAL_MASK = 0xffc0;

    private MldMessages() {}

    /** Enters what a message says into the table. A message that is not whole, or from elsewhere, says nothing. */
    static Message read(ByteBuf frame, int ip, int end, Speaker speaker, GroupTable table) {
        if (Ipv6Header.nextHeader(frame, ip) != Ipv6Header.NEXT_HOP_BY_HOP || Ipv6Header.hopLimit(frame, ip) != 1) {
            return Message.NONE;
        }
        int transport = Ipv6Header.transport(frame, ip, end);
        if (transport == Wire.MALFORMED || Ipv6Header.transportProtocol(transport) != Ipv6Header.NEXT_ICMPV6) {
            return Message.NONE;
        }
        int start = ip + Ipv6Header.transportOffset(transport);
        int type = end - start < TERMINATION_LENGTH ? 0 : Icmpv6Header.type(frame, start);
        int shortest = type == ROUTER_TERMINATION ? TERMINATION_LENGTH : LENGTH;
        if (end - start < shortest || !Icmpv6Header.isChecksumValid(frame, ip, start, end - start)) {
            return Message.NONE;
        }
        if (type == ROUTER_ADVERTISEMENT || type == ROUTER_TERMINATION) {
            return readDiscovery(frame, ip, type, start, speaker, table);
        }
        if (type == Icmpv6Header.MULTICAST_LISTENER_REPORT_V2) {
            readRecords(frame, start, end, speaker, table);
            return Message.REPORT;
        }
        return end - start < LENGTH_WITH_GROUP ? Message.NONE : readOne(frame, ip, type, start, end, speaker, table);
    }

    private static boolean isFromLink(ByteBuf frame, int ip) {
        return (frame.getUnsignedShort(Ipv6Header.sourceIndex(ip)) & LINK_LOCAL_MASK) == LINK_LOCAL;
    }

    /** Multicast router discovery: RFC 4286, sections 5 and 7. */
    private static Message readDiscovery(
            ByteBuf frame, int ip, int type, int start, Speaker speaker, GroupTable table) {
        if (!isFromLink(frame, ip)) {
            return Message.NONE;
        }
        if (type == ROUTER_TERMINATION) {
            table.routerGone(RouterKind.OTHER_V6, speaker.vlan(), speaker.port());
        } else {
            int interval = frame.getUnsignedByte(start + 1);
            int seconds = MISSED_ADVERTISEMENTS * (interval == 0 ? DEFAULT_ADVERTISEMENT_SECONDS : interval);
            table.router(RouterKind.OTHER_V6, speaker.vlan(), speaker.port(), speaker.now(), seconds);
        }
        return Message.QUERY;
    }

    private static void readQuery(
            ByteBuf frame, int ip, int start, int end, GroupAddress group, Speaker speaker, GroupTable table) {
        table.router(RouterKind.MLD_QUERIER, speaker.vlan(), speaker.port(), speaker.now(), GroupTable.ROUTER_SECONDS);
        boolean isForGroup = !(group.high() == 0 && group.low() == 0)
                && group.equals(GroupAddress.ipv6(speaker.vlan(), frame, Ipv6Header.destinationIndex(ip)))
                && speaker.reaches(group);
        boolean version2 = end - start >= LENGTH_WITH_SOURCES;
        if (isForGroup && !(version2 && QueryTimes.leavesTimersAlone(frame, start + LENGTH_WITH_GROUP))) {
            long millis = QueryTimes.mld(frame.getUnsignedShort(start + RESPONSE_CODE), version2);
            int robustness =
                    version2 ? QueryTimes.robustness(frame, start + LENGTH_WITH_GROUP) : QueryTimes.DEFAULT_ROBUSTNESS;
            table.asked(group, speaker.now(), QueryTimes.answerSeconds(millis, robustness));
        }
    }

    private static Message readOne(
            ByteBuf frame, int ip, int type, int start, int end, Speaker speaker, GroupTable table) {
        GroupAddress group = GroupAddress.ipv6(speaker.vlan(), frame, start + GROUP);
        switch (type) {
            case Icmpv6Header.MULTICAST_LISTENER_QUERY -> {
                if (isFromLink(frame, ip)) {
                    readQuery(frame, ip, start, end, group, speaker, table);
                }
                return Message.QUERY;
            }
            case Icmpv6Header.MULTICAST_LISTENER_REPORT -> table.join(group, speaker.port(), speaker.now());
            case Icmpv6Header.MULTICAST_LISTENER_DONE -> table.leave(group, speaker.port(), speaker.now());
            default -> {
                return Message.NONE;
            }
        }
        return Message.REPORT;
    }

    private static void readRecords(ByteBuf frame, int start, int end, Speaker speaker, GroupTable table) {
        int at = start + LENGTH;
        for (int left = frame.getUnsignedShort(start + RECORDS); left > 0 && end - at >= RECORD_LENGTH; left--) {
            int sources = frame.getUnsignedShort(at + 2);
            GroupAddress group = GroupAddress.ipv6(speaker.vlan(), frame, at + RECORD_GROUP);
            RecordType.enter(frame.getUnsignedByte(at), sources, group, speaker, table);
            at += RECORD_LENGTH + ADDRESS_LENGTH * sources + Integer.BYTES * frame.getUnsignedByte(at + 1);
        }
    }
}
