/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Message;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Speaker;
import io.netty.buffer.ByteBuf;

/**
 * Reads IGMP.
 *
 * <pre>
 *  byte 0      1              2            4                                  8
 * +--------+--------------+------------+---------------------------------+------------
 * |  type  |  time limit  |  checksum  |  group                          |              query, reports of v1 and v2, leave
 * +--------+--------------+------------+-----------------+---------------+------------
 * |  0x22  |   reserved   |  checksum  |  reserved       |  records      | records …    report of v3
 * +--------+--------------+------------+-----------------+---------------+------------
 *
 *  a record: type, length of auxiliary data in words, number of sources (2), group (4), sources (4 each), auxiliary data
 * </pre>
 *
 * <p>Source: RFC 1112, appendix I; RFC 2236, section 2; RFC 3376, section 4.
 */
final class IgmpMessages {

    private static final int QUERY = 0x11;
    private static final int REPORT_V1 = 0x12;
    private static final int REPORT_V2 = 0x16;
    private static final int LEAVE = 0x17;
    private static final int REPORT_V3 = 0x22;
    private static final int LENGTH = 8;
    private static final int GROUP = 4;
    private static final int RECORDS = 6;
    private static final int RECORD_LENGTH = 8;
    private static final int ALL_ONES = 0xffff;

    private IgmpMessages() {}

    /** Enters what a message says into the table. A message that is not whole says nothing. */
    static Message read(ByteBuf frame, int start, int end, int source, Speaker speaker, GroupTable table) {
        if (end - start < LENGTH || InternetChecksum.sum(frame, start, end - start) != ALL_ONES) {
            return Message.NONE;
        }
        GroupAddress group = GroupAddress.ipv4(speaker.vlan(), frame.getInt(start + GROUP));
        switch (frame.getUnsignedByte(start)) {
            case QUERY -> {
                if (source != 0) {
                    // From 0.0.0.0 asks a switch that stands in for a router (RFC 4541, section 2.1.1, rule 1 b).
                    table.router(speaker.vlan(), false, speaker.port(), speaker.now());
                }
                if (frame.getInt(start + GROUP) != 0) {
                    table.asked(group, speaker.now());
                }
                return Message.QUERY;
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
