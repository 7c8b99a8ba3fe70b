/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;

/**
 * The extension headers of a packet that is for this node, in the order in which RFC 8200, section 4, has them looked
 * at.
 *
 * <p>What is found is a number: the transport header as {@link Ipv6Header#transport} has it, or, negative, what is
 * wrong.
 */
public final class Ipv6Extensions {

    /** The packet ends within its extension headers, or is to be dropped without a word. */
    public static final long DROP = -1;

    /** RFC 4443, section 3.4: a field that is wrong. */
    private static final int CODE_WRONG_FIELD = 0;

    private static final int CODE_UNKNOWN_NEXT_HEADER = 1;
    private static final int CODE_UNKNOWN_OPTION = 2;
    private static final int UNIT = 8;
    private static final int ROUTING_TYPE = 2;
    private static final int PAD1 = 0;
    private static final long PROBLEM = 1L << 62;

    private Ipv6Extensions() {}

    /**
     * Walks the extension headers.
     *
     * @param frame unchanged; the packet ends at its writer index
     * @param ip the index of the IPv6 header, which was checked
     * @return the transport header; {@link #DROP}; or a parameter problem, see {@link #isProblem}
     */
    public static long walk(ByteBuf frame, int ip) {
        int limit = frame.writerIndex();
        int field = ip + Ipv6Header.NEXT_HEADER_OFFSET;
        int at = ip + Ipv6Header.LENGTH;
        for (int next = frame.getUnsignedByte(field); ; next = frame.getUnsignedByte(field)) {
            boolean isOptions = next == Ipv6Header.NEXT_HOP_BY_HOP || next == Ipv6Header.NEXT_DESTINATION;
            if (!isOptions && next != Ipv6Header.NEXT_ROUTING) {
                return (long) (at - ip) << Byte.SIZE | next;
            }
            if (next == Ipv6Header.NEXT_HOP_BY_HOP && at != ip + Ipv6Header.LENGTH) {
                // RFC 8200, section 4.1: elsewhere it is an unknown header.
                return problem(CODE_UNKNOWN_NEXT_HEADER, field - ip);
            }
            if (limit - at < UNIT) {
                return DROP;
            }
            int length = (frame.getUnsignedByte(at + 1) + 1) * UNIT;
            if (length > limit - at) {
                return DROP;
            }
            if (next == Ipv6Header.NEXT_ROUTING) {
                if (frame.getUnsignedByte(at + Ipv6Header.ROUTING_SEGMENTS_LEFT_OFFSET) != 0) {
                    // RFC 8200, section 4.4, for types that it does not know, and RFC 5095 for type 0.
                    return problem(CODE_WRONG_FIELD, at + ROUTING_TYPE - ip);
                }
            } else {
                long problem = options(frame, ip, at + 2, at + length);
                if (problem != 0) {
                    return problem;
                }
            }
            field = at;
            at += length;
        }
    }

    /** RFC 8200, section 4.2: the upper two bits of an unknown option say what is to be done with the packet. */
    private static long options(ByteBuf frame, int ip, int first, int end) {
        int option = first;
        while (option < end) {
            int type = frame.getUnsignedByte(option);
            if (type == PAD1) {
                option++;
                continue;
            }
            if (end - option < 2 || end - option - 2 < frame.getUnsignedByte(option + 1)) {
                return DROP;
            }
            boolean isToGroup = frame.getUnsignedByte(ip + 24) == 0xff;
            switch (type >>> 6) {
                case 1 -> {
                    return DROP;
                }
                case 2 -> {
                    return problem(CODE_UNKNOWN_OPTION, option - ip);
                }
                case 3 -> {
                    return isToGroup ? DROP : problem(CODE_UNKNOWN_OPTION, option - ip);
                }
                default -> {
                    // Known, or to be skipped.
                }
            }
            option += 2 + frame.getUnsignedByte(option + 1);
        }
        return 0;
    }

    private static long problem(int code, int pointer) {
        return -(PROBLEM | (long) code << Integer.SIZE | pointer);
    }

    /**
     * Whether its sender is to be told by a parameter problem.
     *
     * @param walked what {@link #walk} returned
     * @return whether a parameter problem is to be sent; false also for {@link #DROP}
     */
    public static boolean isProblem(long walked) {
        return walked < DROP;
    }

    /**
     * The code of the parameter problem.
     *
     * @param walked what {@link #walk} returned, a {@linkplain #isProblem problem}
     * @return the code of the ICMPv6 message
     */
    public static int problemCode(long walked) {
        return (int) ((-walked & ~PROBLEM) >>> Integer.SIZE);
    }

    /**
     * The octet that it points at, counted from the IPv6 header.
     *
     * @param walked what {@link #walk} returned, a {@linkplain #isProblem problem}
     * @return the offset in bytes
     */
    public static int problemPointer(long walked) {
        return (int) -walked;
    }
}
