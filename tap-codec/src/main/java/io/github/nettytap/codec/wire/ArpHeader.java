/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An ARP packet for IPv4 over Ethernet.
 *
 * <pre>
 *  byte 0           2            4       5      6           8              14             18             24             28
 * +-------------+------------+-------+------+-----------+--------------+--------------+--------------+--------------+
 * | hardware: 1 | protocol:  | 6     | 4    | operation | sender       | sender       | target       | target       |
 * | (Ethernet)  | 0x0800     |       |      |           | MAC          | IPv4         | MAC          | IPv4         |
 * +-------------+------------+-------+------+-----------+--------------+--------------+--------------+--------------+
 * </pre>
 *
 * <p>Source: RFC 826; RFC 5227 for probes (sender IPv4 zero) and announcements (sender and target IPv4 equal).
 */
public final class ArpHeader {

    /** The length of the packet. */
    public static final int LENGTH = 28;

    /** {@code ARPOP_REQUEST}: who has the target address? */
    public static final int REQUEST = 1;

    /** {@code ARPOP_REPLY}: the sender has its address. */
    public static final int REPLY = 2;

    private static final int OPERATION = 6;
    private static final int SENDER_MAC = 8;
    private static final int SENDER_IPV4 = 14;
    private static final int TARGET_MAC = 18;
    private static final int TARGET_IPV4 = 24;
    /** Hardware type, protocol type and the lengths of their addresses, which never differ here. */
    private static final long ETHERNET_AND_IPV4 = 0x0001_0800_0604L;

    private ArpHeader() {}

    /**
     * Proves that the accessors are safe and that the packet is about IPv4 over Ethernet.
     *
     * @param buffer the buffer
     * @param index the index of the packet
     * @param limit the index behind the last byte of the frame
     * @return {@value #LENGTH}, or {@link Wire#MALFORMED}
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        return limit - index >= LENGTH && MacAddress.read(buffer, index) == ETHERNET_AND_IPV4 ? LENGTH : Wire.MALFORMED;
    }

    /**
     * Writes a whole packet.
     *
     * @param buffer the buffer
     * @param index the index of the packet
     * @param operation {@link #REQUEST} or {@link #REPLY}
     * @param senderMac the MAC address of the sender
     * @param senderIpv4 the IPv4 address of the sender
     * @param targetMac the MAC address of the target, 0 in a request
     * @param targetIpv4 the IPv4 address of the target
     */
    public static void write(
            ByteBuf buffer, int index, int operation, long senderMac, int senderIpv4, long targetMac, int targetIpv4) {
        MacAddress.write(buffer, index, ETHERNET_AND_IPV4);
        operation(buffer, index, operation);
        senderMac(buffer, index, senderMac);
        senderIpv4(buffer, index, senderIpv4);
        targetMac(buffer, index, targetMac);
        targetIpv4(buffer, index, targetIpv4);
    }

    /** {@return the operation} */
    public static int operation(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + OPERATION);
    }

    /** Writes the operation. */
    public static void operation(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + OPERATION, value);
    }

    /** {@return the MAC address of the sender in its 48-bit form} */
    public static long senderMac(ByteBuf buffer, int index) {
        return MacAddress.read(buffer, index + SENDER_MAC);
    }

    /** Writes the MAC address of the sender in its 48-bit form. */
    public static void senderMac(ByteBuf buffer, int index, long value) {
        MacAddress.write(buffer, index + SENDER_MAC, value);
    }

    /** {@return the IPv4 address of the sender} */
    public static int senderIpv4(ByteBuf buffer, int index) {
        return buffer.getInt(index + SENDER_IPV4);
    }

    /** Writes the IPv4 address of the sender. */
    public static void senderIpv4(ByteBuf buffer, int index, int value) {
        buffer.setInt(index + SENDER_IPV4, value);
    }

    /** {@return the MAC address of the target in its 48-bit form} */
    public static long targetMac(ByteBuf buffer, int index) {
        return MacAddress.read(buffer, index + TARGET_MAC);
    }

    /** Writes the MAC address of the target in its 48-bit form. */
    public static void targetMac(ByteBuf buffer, int index, long value) {
        MacAddress.write(buffer, index + TARGET_MAC, value);
    }

    /** {@return the IPv4 address of the target} */
    public static int targetIpv4(ByteBuf buffer, int index) {
        return buffer.getInt(index + TARGET_IPV4);
    }

    /** Writes the IPv4 address of the target. */
    public static void targetIpv4(ByteBuf buffer, int index, int value) {
        buffer.setInt(index + TARGET_IPV4, value);
    }
}
