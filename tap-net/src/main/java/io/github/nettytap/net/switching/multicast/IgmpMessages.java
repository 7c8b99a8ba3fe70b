/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.net.switching.multicast.GroupTable.RouterKind;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Message;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Speaker;
import io.netty.buffer.ByteBuf;

/**
 * Reads IGMP.
 *
 * <pre>
 *  byte 0      1              2            4                                  8
 * +--------+--------------+------------+---------------------------------+------------
 * |  type  |  time limit  |  checksum  |  group                          |              query of v1 and v2, reports, leave
 * +--------+--------------+------------+-----------------+---------------+------------
 * |  0x22  |   reserved   |  checksum  |  reserved       |  records      | records …    report of v3
 * +--------+--------------+------------+-----------------+---------------+------------
 *
 *  a query of v3 goes on: S flag and robustness (1), query interval (1), number of sources (2), sources (4 each)
 *  a record: type, length of auxiliary data in words, number of sources (2), group (4), sources (4 each), auxiliary data
 * </pre>
 *
 * <p>Source: RFC 1112, appendix I; RFC 2236, section 2; RFC 3376, section 4; RFC 4286, section 7.
 */
final class IgmpMessages {

    private static final int QUERY = 0x11;
    private static final int REPORT_V1 = 0x12;
    private static final int REPORT_V2 = 0x16;
    private static final int LEAVE = 0x17;
    private static final int REPORT_V3 = 0x22;
    private static final int ROUTER_ADVERTISEMENT = 0x30;
    private static final int ROUTER_TERMINATION = 0x32;
    private static final int LENGTH = 8;
    private static final int GROUP = 4;
    private static final int RECORDS = 6;
    private static final int RECORD_LENGTH = 8;
    private static final int LENGTH_WITH_SOURCES = 12;
    private static final int ALL_ONES = 0xffff;

    /** RFC 4286, section 4: the advertisement of a router is missed three times. */
    private static final int MISSED_ADVERTISEMENTS = 3;

    private static final int DEFAULT_ADVERTISEMENT_SECONDS = 20;

    private IgmpMessages() {}

    /** Enters what a message says into the table. A message that is not complete says nothing. */
    static Message read(ByteBuf frame, int ip, int start, int end, Speaker speaker, GroupTable table) {
        int type = end - start < 2 ? 0 : frame.getUnsignedByte(start);
        boolean discovery = type == ROUTER_ADVERTISEMENT || type == ROUTER_TERMINATION;
        // A termination is four bytes long.
        int shortest = type == ROUTER_TERMINATION ? 4 : LENGTH;
        if (end - start < shortest || InternetChecksum.sum(frame, start, end - start) != ALL_ONES) {
            return Message.NONE;
        }
        if (discovery) {
            return Ipv4Header.timeToLive(frame, ip) == 1
                    ? readDiscovery(frame, type, start, speaker, table)
                    : Message.NONE;
        }
        GroupAddress group = GroupAddress.ipv4(speaker.vlan(), frame.getInt(start + GROUP));
        switch (type) {
            case QUERY -> {
                return readQuery(frame, ip, start, end, group, speaker, table);
            }
            case REPORT_V1, REPORT_V2 -> table.join(group, speaker.port(), speaker.now());
            case LEAVE -> table.leave(group, speaker.port(), speaker.now());
            case REPORT_V3 -> readRecords(frame, start, end, speaker, table);
            default -> {
                return Message.NONE;
            }
        }
        return Message.REPORT;
    }

    private static Message readQuery(
            ByteBuf frame, int ip, int start, int end, GroupAddress group, Speaker speaker, GroupTable table) {
        int length = end - start;
        if (length > LENGTH && length < LENGTH_WITH_SOURCES) {
            return Message.NONE; // RFC 3376, section 7.1
        }
        if (Ipv4Header.source(frame, ip) != 0) {
            // From 0.0.0.0 asks a switch that stands in for a router (RFC 4541, section 2.1.1, rule 1 b).
            table.router(
                    RouterKind.IGMP_QUERIER, speaker.vlan(), speaker.port(), speaker.now(), GroupTable.ROUTER_SECONDS);
        }
        boolean isForGroup = frame.getInt(start + GROUP) != 0
                && frame.getInt(start + GROUP) == Ipv4Header.destination(frame, ip)
                && speaker.reaches(group);
        boolean version3 = length >= LENGTH_WITH_SOURCES;
        if (isForGroup && !(version3 && QueryTimes.leavesTimersAlone(frame, start + LENGTH))) {
            int tenths = QueryTimes.igmp(frame.getUnsignedByte(start + 1), version3);
            int robustness = version3 ? QueryTimes.robustness(frame, start + LENGTH) : QueryTimes.DEFAULT_ROBUSTNESS;
            table.asked(group, speaker.now(), QueryTimes.answerSeconds(tenths * 100L, robustness));
        }
        return Message.QUERY;
    }

    /** Multicast router discovery: RFC 4286, sections 5 and 7. */
    private static Message readDiscovery(ByteBuf frame, int type, int start, Speaker speaker, GroupTable table) {
        if (type == ROUTER_TERMINATION) {
            table.routerGone(RouterKind.OTHER_V4, speaker.vlan(), speaker.port());
        } else {
            int interval = frame.getUnsignedByte(start + 1);
            int seconds = MISSED_ADVERTISEMENTS * (interval == 0 ? DEFAULT_ADVERTISEMENT_SECONDS : interval);
            table.router(RouterKind.OTHER_V4, speaker.vlan(), speaker.port(), speaker.now(), seconds);
        }
        return Message.QUERY;
    }

    private static void readRecords(ByteBuf frame, int start, int end, Speaker speaker, GroupTable table) {
        int at = start + LENGTH;
        for (int left = frame.getUnsignedShort(start + RECORDS); left > 0 && end - at >= RECORD_LENGTH; left--) {
            int sources = frame.getUnsignedShort(at + 2);
            GroupAddress group = GroupAddress.ipv4(speaker.vlan(), frame.getInt(at + GROUP));
            RecordType.enter(frame.getUnsignedByte(at), sources, group, speaker, table);
            at += RECORD_LENGTH + Integer.BYTES * (sources + frame.getUnsignedByte(at + 1));
        }
    }
}
