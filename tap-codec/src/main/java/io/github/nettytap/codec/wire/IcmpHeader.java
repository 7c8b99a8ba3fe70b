/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/** The part of the header that ICMP for IPv4 (RFC 792) and ICMPv6 (RFC 4443) have in common. */
abstract sealed class IcmpHeader permits Icmpv4Header, Icmpv6Header {

    /** The length of the header: type, code, checksum and four bytes whose meaning depends on the type. */
    public static final int LENGTH = 8;

    /** Where the checksum is in the header. */
    public static final int CHECKSUM_OFFSET = 2;

    static final int REST = 4;
    private static final int CODE = 1;
    private static final int SEQUENCE = 6;

    IcmpHeader() {}

    /**
     * Proves that the accessors are safe.
     *
     * @param index the index of the header
     * @param limit the index behind the last byte of the packet
     * @return {@value #LENGTH}, or {@link Wire#MALFORMED}
     */
    public static int check(int index, int limit) {
        return limit - index >= LENGTH ? LENGTH : Wire.MALFORMED;
    }

    /** {@return the type} */
    public static int type(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index);
    }

    /** Writes the type. */
    public static void type(ByteBuf buffer, int index, int value) {
        buffer.setByte(index, value);
    }

    /** {@return the code} */
    public static int code(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + CODE);
    }

    /** Writes the code. */
    public static void code(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + CODE, value);
    }

    /** {@return the checksum} */
    public static int checksum(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + CHECKSUM_OFFSET);
    }

    /** Writes the checksum. */
    public static void checksum(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + CHECKSUM_OFFSET, value);
    }

    /** {@return the identifier of an echo} */
    public static int identifier(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + REST);
    }

    /** Writes the identifier of an echo. */
    public static void identifier(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + REST, value);
    }

    /** {@return the sequence number of an echo} */
    public static int sequence(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + SEQUENCE);
    }

    /** Writes the sequence number of an echo. */
    public static void sequence(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + SEQUENCE, value);
    }
}
