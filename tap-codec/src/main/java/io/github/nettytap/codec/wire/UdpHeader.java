/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * A UDP header.
 *
 * <pre>
 *  byte 0             2                  4          6           8
 * +-------------+------------------+----------+-----------+------------
 * | source port | destination port |  length  | checksum  | payload ...
 * +-------------+------------------+----------+-----------+------------
 * </pre>
 *
 * <p>A checksum of zero means that there is none: allowed over IPv4, and over IPv6 where both ends agreed to it, as
 * tunnels do; who is in between cannot know, so it is nobody's error (RFC 6935, RFC 6936). A sum that
 * computes to zero is therefore sent as {@code 0xffff} ({@link InternetChecksum#udp(int)}).
 *
 * <p>Source: RFC 768; RFC 8200, section 8.1; RFC 6935 and RFC 6936 for IPv6.
 */
public final class UdpHeader extends PortsHeader {

    /** The length of the header. */
    public static final int LENGTH = 8;

    /** Where the checksum field is in the header. */
    public static final int CHECKSUM_OFFSET = 6;

    /** Where the length is in the header. */
    public static final int LENGTH_OFFSET = 4;

    private UdpHeader() {}

    /**
     * Proves that the accessors are safe and that {@link #length(ByteBuf, int)} covers the header and stays within the
     * datagram.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param limit the index behind the last byte of the datagram
     * @return {@value #LENGTH}, or {@link Wire#MALFORMED}
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        if (limit - index < LENGTH) {
            return Wire.MALFORMED;
        }
        int length = buffer.getUnsignedShort(index + LENGTH_OFFSET);
        return length >= LENGTH && length <= limit - index ? LENGTH : Wire.MALFORMED;
    }

    /** {@return the length of the datagram, header included} */
    public static int length(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + LENGTH_OFFSET);
    }

    /** Writes the length of the datagram, header included. */
    public static void length(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + LENGTH_OFFSET, value);
    }

    /** {@return the checksum, zero for none} */
    public static int checksum(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + CHECKSUM_OFFSET);
    }

    /** Writes the checksum, zero for none. */
    public static void checksum(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + CHECKSUM_OFFSET, value);
    }
}
