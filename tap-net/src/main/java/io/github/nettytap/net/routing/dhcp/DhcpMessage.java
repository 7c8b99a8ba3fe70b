/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.nio.charset.StandardCharsets;

/**
 * The layout of a DHCP message: RFC 2131, section 2, and RFC 2132.
 *
 * <pre>
 *  0    1     2    3    4     8      10      12       16     20       24      28       44      108    236     240
 * +----+-----+----+----+-----+------+-------+--------+------+--------+-------+--------+-------+------+-------+---------
 * | op |htype|hlen|hops| xid | secs | flags | ciaddr |yiaddr| siaddr |giaddr | chaddr | sname | file | magic | options
 * +----+-----+----+----+-----+------+-------+--------+------+--------+-------+--------+-------+------+-------+---------
 * </pre>
 */
final class DhcpMessage {

    static final int CLIENT_ADDRESS = 12;
    static final int CLIENT_MAC = 28;
    static final int OPTIONS = 240;

    static final int OPTION_MASK = 1;
    static final int OPTION_ROUTER = 3;
    static final int OPTION_NAME_SERVERS = 6;
    static final int OPTION_HOST_NAME = 12;
    static final int OPTION_DOMAIN = 15;
    static final int OPTION_SEARCH = 119;
    static final int OPTION_REQUESTED = 50;
    static final int OPTION_TYPE = 53;
    static final int OPTION_SERVER = 54;
    static final int OPTION_END = 255;

    private static final int OPTION_CLIENT_IDENTIFIER = 61;
    private static final int OPTION_PAD = 0;
    private static final int ANY = -1;
    private static final int HARDWARE = 1;
    private static final int YOUR_ADDRESS = 16;
    private static final int RELAY_ADDRESS = 24;
    private static final int CLIENT_MAC_LENGTH = 16;
    private static final int XID = 4;
    private static final int FLAGS = 10;
    private static final int FLAG_BROADCAST = 0x8000;
    private static final int MAGIC = 236;
    private static final int MAGIC_COOKIE = 0x6382_5363;
    private static final int BOOTREQUEST = 1;
    private static final int BOOTREPLY = 2;

    /** Hardware type 1 with addresses of 6 bytes, as in ARP. */
    private static final int ETHERNET = 0x0106;

    private DhcpMessage() {}

    /** Whether these bytes are a request of a client on this link, from which everything else may be read. */
    static boolean isRequest(ByteBuf frame, int index, int end) {
        return end - index >= OPTIONS
                && frame.getByte(index) == BOOTREQUEST
                && frame.getUnsignedShort(index + HARDWARE) == ETHERNET
                && frame.getInt(index + MAGIC) == MAGIC_COOKIE
                && frame.getInt(index + RELAY_ADDRESS) == 0;
    }

    static boolean wantsBroadcast(ByteBuf frame, int index) {
        return (frame.getUnsignedShort(index + FLAGS) & FLAG_BROADCAST) != 0;
    }

    /** The value of an option of one byte, 0 if it is not there. */
    static int octetOption(ByteBuf frame, int index, int end, int option) {
        int value = find(frame, index, end, option, 1);
        return value < 0 ? 0 : frame.getUnsignedByte(value);
    }

    /** The value of an option of four bytes, 0 if it is not there. */
    static int intOption(ByteBuf frame, int index, int end, int option) {
        int value = find(frame, index, end, option, Integer.BYTES);
        return value < 0 ? 0 : frame.getInt(value);
    }

    /** The whole option in which the client names itself, its bytes shared with the frame; empty if it is not there. */
    static ByteBuf clientIdentifier(ByteBuf frame, int index, int end) {
        int value = identifier(frame, index, end);
        return value < 0 ? Unpooled.EMPTY_BUFFER : frame.slice(value - 2, 2 + frame.getUnsignedByte(value - 1));
    }

    /** Who the client is. */
    static ClientId client(ByteBuf frame, int index, int end) {
        int value = identifier(frame, index, end);
        return value < 0
                ? ClientId.ofMac(MacAddress.read(frame, index + CLIENT_MAC))
                : ClientId.of(frame, value, frame.getUnsignedByte(value - 1));
    }

    /** What the client says it is called, octets as they are; null if it says nothing. */
    static String hostName(ByteBuf frame, int index, int end) {
        int value = find(frame, index, end, OPTION_HOST_NAME, ANY);
        int length = value < 0 ? 0 : frame.getUnsignedByte(value - 1);
        // RFC 2132, section 2: some clients send a zero behind it.
        length -= length > 0 && frame.getByte(value + length - 1) == 0 ? 1 : 0;
        return length == 0 ? null : frame.toString(value, length, StandardCharsets.ISO_8859_1);
    }

    /** RFC 2132, section 9.14: two bytes or more. */
    private static int identifier(ByteBuf frame, int index, int end) {
        int value = find(frame, index, end, OPTION_CLIENT_IDENTIFIER, ANY);
        return value < 0 || frame.getUnsignedByte(value - 1) < 2 ? -1 : value;
    }

    private static int find(ByteBuf frame, int index, int end, int option, int length) {
        int at = index + OPTIONS;
        while (at < end) {
            int type = frame.getUnsignedByte(at);
            if (type == OPTION_PAD) {
                at++;
                continue;
            }
            if (type == OPTION_END || end - at < 2) {
                return -1;
            }
            int size = frame.getUnsignedByte(at + 1);
            if (end - at - 2 < size) {
                return -1;
            }
            if (type == option) {
                return size == length || length == ANY ? at + 2 : -1;
            }
            at += 2 + size;
        }
        return -1;
    }

    /** Writes what is before the options, into bytes that are zero. */
    static void writeReply(ByteBuf frame, int index, ByteBuf request, int requested, int address) {
        frame.setByte(index, BOOTREPLY);
        frame.setShort(index + HARDWARE, ETHERNET);
        frame.setInt(index + XID, request.getInt(requested + XID));
        frame.setShort(index + FLAGS, request.getUnsignedShort(requested + FLAGS));
        frame.setInt(index + CLIENT_ADDRESS, request.getInt(requested + CLIENT_ADDRESS));
        frame.setInt(index + YOUR_ADDRESS, address);
        frame.setBytes(index + CLIENT_MAC, request, requested + CLIENT_MAC, CLIENT_MAC_LENGTH);
        frame.setInt(index + MAGIC, MAGIC_COOKIE);
    }

    /** Writes an option of four bytes and returns the index behind it. */
    static int writeInt(ByteBuf frame, int index, int option, int value) {
        frame.setByte(index, option).setByte(index + 1, Integer.BYTES).setInt(index + 2, value);
        return index + 2 + Integer.BYTES;
    }
}
