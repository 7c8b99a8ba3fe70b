/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.netty.buffer.ByteBuf;

/**
 * The IPv4 option in which each router on the way leaves its address, until it is full: RFC 791, section 3.1, which
 * routers must support by RFC 1812, section 5.3.13.5.
 *
 * <pre>
 *  0      1        2         3
 * +------+--------+---------+---------+-----
 * |  7   | length | pointer | address |  …
 * +------+--------+---------+---------+-----
 * </pre>
 */
public final class RecordRoute {

    /** What {@link #record} returns if there is nothing to complain of. */
    public static final int NO_PROBLEM = 0;

    private static final int END = 0;
    private static final int NOP = 1;
    private static final int RECORD_ROUTE = 7;
    private static final int POINTER = 2;

    /** Counted from 1, as pointers are: where the first address is. */
    private static final int FIRST = 4;

    private RecordRoute() {}

    /**
     * Leaves an address, if the packet has the option and room in it.
     *
     * @param frame changed in place, with its header checksum, if the address is recorded
     * @param ip the index of an IPv4 header
     * @param headerLength its length in bytes, options included
     * @param address the router's IPv4 address, first octet most significant
     * @return {@link #NO_PROBLEM}, or the octet of the header that an ICMP parameter problem is to point at
     */
    public static int record(ByteBuf frame, int ip, int headerLength, int address) {
        int end = ip + headerLength;
        int option = ip + Ipv4Header.MIN_LENGTH;
        while (option < end) {
            int type = frame.getUnsignedByte(option);
            if (type == END) {
                break;
            }
            if (type == NOP) {
                option++;
                continue;
            }
            int length = end - option < 2 ? 0 : frame.getUnsignedByte(option + 1);
            if (length < 2 || length > end - option) {
                return Math.min(option + 1, end - 1) - ip;
            }
            if (type == RECORD_ROUTE) {
                return record(frame, ip, option, length, address);
            }
            option += length;
        }
        return NO_PROBLEM;
    }

    private static int record(ByteBuf frame, int ip, int option, int length, int address) {
        if (length < FIRST - 1) {
            return option + 1 - ip;
        }
        int pointer = frame.getUnsignedByte(option + POINTER);
        if (pointer > length) {
            return NO_PROBLEM; // Full.
        }
        if (pointer < FIRST || pointer + Integer.BYTES - 1 > length) {
            return option + POINTER - ip;
        }
        frame.setInt(option + pointer - 1, address);
        frame.setByte(option + POINTER, pointer + Integer.BYTES);
        Ipv4Header.updateChecksum(frame, ip);
        return NO_PROBLEM;
    }
}
