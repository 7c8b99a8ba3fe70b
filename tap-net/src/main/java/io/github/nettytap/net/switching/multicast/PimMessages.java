/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.net.switching.multicast.GroupTable.RouterKind;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Message;
import io.github.nettytap.net.switching.multicast.MulticastSnooping.Speaker;
import io.netty.buffer.ByteBuf;

/**
 * Reads the hellos of PIM, by which a port is known to lead to a router.
 *
 * <pre>
 *  byte 0               1            2            4
 * +----------+----------+------------+------------+-------------------------------
 * | version 2 | type 0  |  reserved  |  checksum  |  options: type (2), length (2), value …      1: hold time in seconds (2)
 * +----------+----------+------------+------------+-------------------------------
 * </pre>
 *
 * <p>The checksum is not looked at: who can send a wrong one can send a right one. Source: RFC 7761, sections 4.9.2 and
 * 4.11.
 */
final class PimMessages {

    private static final int HELLO = 0x20;
    private static final int OPTIONS = 4;
    private static final int OPTION_HEADER = 4;
    private static final int HOLD_TIME = 1;
    private static final int DEFAULT_HOLD_SECONDS = 105;

    /** "For ever" is until the next hello is missed for an hour. */
    private static final int MAX_HOLD_SECONDS = 3_600;

    /** No hello has so many. */
    private static final int MAX_OPTIONS = 16;

    private static final int ALL_PIM_ROUTERS = 0xe000_000d;
    private static final long ALL_PIM_ROUTERS_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_PIM_ROUTERS_LOW = 0xd;

    private PimMessages() {}

    static Message readIpv4(ByteBuf frame, int destination, int start, int end, Speaker speaker, GroupTable table) {
        return destination == ALL_PIM_ROUTERS
                ? read(frame, start, end, RouterKind.OTHER_V4, speaker, table)
                : Message.NONE;
    }

    static Message readIpv6(ByteBuf frame, int ip, int end, Speaker speaker, GroupTable table) {
        int destination = Ipv6Header.destinationIndex(ip);
        boolean toRouters = frame.getLong(destination) == ALL_PIM_ROUTERS_HIGH
                && frame.getLong(destination + Long.BYTES) == ALL_PIM_ROUTERS_LOW;
        return toRouters ? read(frame, ip + Ipv6Header.LENGTH, end, RouterKind.OTHER_V6, speaker, table) : Message.NONE;
    }

    private static Message read(ByteBuf frame, int start, int end, RouterKind kind, Speaker speaker, GroupTable table) {
        if (end - start < OPTIONS || frame.getUnsignedByte(start) != HELLO) {
            return Message.NONE;
        }
        int seconds = holdTime(frame, start + OPTIONS, end);
        if (seconds == 0) {
            table.routerGone(kind, speaker.vlan(), speaker.port());
        } else {
            table.router(kind, speaker.vlan(), speaker.port(), speaker.now(), Math.min(seconds, MAX_HOLD_SECONDS));
        }
        return Message.QUERY;
    }

    private static int holdTime(ByteBuf frame, int start, int end) {
        int at = start;
        for (int i = 0; i < MAX_OPTIONS && end - at >= OPTION_HEADER; i++) {
            int length = frame.getUnsignedShort(at + 2);
            if (frame.getUnsignedShort(at) == HOLD_TIME
                    && length == Short.BYTES
                    && end - at >= OPTION_HEADER + length) {
                return frame.getUnsignedShort(at + OPTION_HEADER);
            }
            at += OPTION_HEADER + length;
        }
        return DEFAULT_HOLD_SECONDS;
    }
}
