/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * A TCP header with its options.
 *
 * <pre>
 *  byte 0             2                  4            8             12 (bits)            14       16         18        20    4 * offset
 * +-------------+------------------+----------+----------------+--------+----------+--------+----------+--------+----------+
 * | source port | destination port | sequence | acknowledgment | offset | AE.. FIN | window | checksum | urgent | options  |
 * +-------------+------------------+----------+----------------+--------+----------+--------+----------+--------+----------+
 *
 *  byte 13, the flags
 * +-----+-----+-----+-----+-----+-----+-----+-----+
 * | CWR | ECE | URG | ACK | PSH | RST | SYN | FIN |
 * +-----+-----+-----+-----+-----+-----+-----+-----+
 * </pre>
 *
 * <p>Source: RFC 9293, section 3.1; RFC 3168 for CWR and ECE.
 */
public final class TcpHeader extends PortsHeader {

    /** The length of a header without options. */
    public static final int MIN_LENGTH = 20;

    /** The length of a header with 40 bytes of options. */
    public static final int MAX_LENGTH = 60;

    /** Where the checksum field is in the header. */
    public static final int CHECKSUM_OFFSET = 16;

    /** Where the sequence number is in the header. */
    public static final int SEQUENCE_OFFSET = 4;

    /** Where the acknowledgment number is in the header. */
    public static final int ACKNOWLEDGMENT_OFFSET = 8;

    /** Where the data offset is in the header, in the same 16 bits as the flags. */
    public static final int DATA_OFFSET_OFFSET = 12;

    /** Where the flags are in the header. */
    public static final int FLAGS_OFFSET = 13;

    /** Where the window is in the header. */
    public static final int WINDOW_OFFSET = 14;

    /** Where the urgent pointer is in the header. */
    public static final int URGENT_POINTER_OFFSET = 18;

    /** No more data from the sender. */
    public static final int FLAG_FIN = 0x01;

    /** Synchronize sequence numbers. */
    public static final int FLAG_SYN = 0x02;

    /** Reset the connection. */
    public static final int FLAG_RST = 0x04;

    /** Push the data to the receiver now. */
    public static final int FLAG_PSH = 0x08;

    /** The acknowledgment field is significant. */
    public static final int FLAG_ACK = 0x10;

    /** The urgent pointer is significant. */
    public static final int FLAG_URG = 0x20;

    /** ECN echo. */
    public static final int FLAG_ECE = 0x40;

    /** Congestion window reduced. */
    public static final int FLAG_CWR = 0x80;

    private TcpHeader() {}

    /**
     * Proves that the accessors are safe and that the options stay within the segment.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param limit the index behind the last byte of the segment
     * @return the length of the header with its options, or {@link Wire#MALFORMED}
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        if (limit - index < MIN_LENGTH) {
            return Wire.MALFORMED;
        }
        int length = headerLength(buffer, index);
        return length >= MIN_LENGTH && length <= limit - index ? length : Wire.MALFORMED;
    }

    /**
     * Reads the length of the header.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @return the length with options, in bytes
     */
    public static int headerLength(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + DATA_OFFSET_OFFSET) >>> 4 << 2;
    }

    /** {@return the sequence number, whose 32 bits wrap} */
    public static int sequence(ByteBuf buffer, int index) {
        return buffer.getInt(index + SEQUENCE_OFFSET);
    }

    /** Writes the sequence number, whose 32 bits wrap. */
    public static void sequence(ByteBuf buffer, int index, int value) {
        buffer.setInt(index + SEQUENCE_OFFSET, value);
    }

    /** {@return the acknowledgment number, whose 32 bits wrap} */
    public static int acknowledgment(ByteBuf buffer, int index) {
        return buffer.getInt(index + ACKNOWLEDGMENT_OFFSET);
    }

    /** Writes the acknowledgment number, whose 32 bits wrap. */
    public static void acknowledgment(ByteBuf buffer, int index, int value) {
        buffer.setInt(index + ACKNOWLEDGMENT_OFFSET, value);
    }

    /** {@return the eight flags of byte 13} */
    public static int flags(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + FLAGS_OFFSET);
    }

    /** Writes the eight flags of byte 13. */
    public static void flags(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + FLAGS_OFFSET, value);
    }

    /** {@return the window} */
    public static int window(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + WINDOW_OFFSET);
    }

    /** Writes the window. */
    public static void window(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + WINDOW_OFFSET, value);
    }

    /** {@return the checksum} */
    public static int checksum(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + CHECKSUM_OFFSET);
    }

    /** Writes the checksum. */
    public static void checksum(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + CHECKSUM_OFFSET, value);
    }

    /** {@return the urgent pointer} */
    public static int urgentPointer(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + URGENT_POINTER_OFFSET);
    }

    /** Writes the urgent pointer. */
    public static void urgentPointer(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + URGENT_POINTER_OFFSET, value);
    }
}
