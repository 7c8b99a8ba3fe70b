/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An Ethernet header, with the VLAN tags behind it.
 *
 * <pre>
 *  byte 0                   6                   12        14
 * +-------------------+-------------------+---------+---------------
 * |    destination    |      source       |  type   | payload ...
 * +-------------------+-------------------+---------+---------------
 *
 *  with tags           12        14        16        18
 * --------------------+---------+---------+---------+---------------
 *                     | 0x8100  |   TCI   |  type   | payload ...      802.1Q, once or more
 *                     | 0x88a8  |   TCI   | 0x8100 ...                 802.1ad (QinQ) outside
 * --------------------+---------+---------+---------+---------------
 * </pre>
 *
 * <p>A type below {@value #MIN_ETHER_TYPE} is the length of an 802.3 frame, whose payload starts with an LLC header.
 *
 * <p>Source: IEEE Std 802.3-2018, section 3; IEEE Std 802.1Q-2018, section 9; {@code include/uapi/linux/if_ether.h}.
 */
public final class EthernetHeader {

    /** The length of a header without tags, {@code ETH_HLEN}. */
    public static final int LENGTH = 14;

    /** The length of one VLAN tag, {@code VLAN_HLEN}. */
    public static final int TAG_LENGTH = 4;

    /** The most tags that a frame may have, as in the kernel ({@code VLAN_MAX_DEPTH}). */
    public static final int MAX_TAGS = 8;

    /** The least value of the type field that is a type; below, it is an 802.3 length. */
    public static final int MIN_ETHER_TYPE = 0x600;

    /** {@code ETH_P_IP}. */
    public static final int TYPE_IPV4 = 0x0800;

    /** {@code ETH_P_ARP}. */
    public static final int TYPE_ARP = 0x0806;

    /** {@code ETH_P_8021Q}. */
    public static final int TYPE_VLAN = 0x8100;

    /** {@code ETH_P_IPV6}. */
    public static final int TYPE_IPV6 = 0x86dd;

    /** {@code ETH_P_8021AD}. */
    public static final int TYPE_QINQ = 0x88a8;

    private static final int SOURCE = 6;
    private static final int TYPE = 12;
    private static final int TCI = 14;

    private EthernetHeader() {}

    /**
     * Proves that the accessors are safe, {@link #tagControl(ByteBuf, int)} only where there is a tag.
     *
     * @param index the index of the header
     * @param limit the index behind the last byte of the frame
     * @return {@value #LENGTH}, or {@link Wire#MALFORMED}
     */
    public static int check(int index, int limit) {
        return limit - index >= LENGTH ? LENGTH : Wire.MALFORMED;
    }

    /**
     * Walks the VLAN tags to the network header.
     *
     * @param buffer the buffer
     * @param index the index of the Ethernet header
     * @param limit the index behind the last byte of the frame
     * @return what {@link #networkOffset(int)} and {@link #networkType(int)} take apart, or {@link Wire#MALFORMED} if
     *     the frame ends within its tags or has more than {@value #MAX_TAGS}
     */
    public static int network(ByteBuf buffer, int index, int limit) {
        int end = LENGTH;
        if (limit - index < end) {
            return Wire.MALFORMED;
        }
        int type = buffer.getUnsignedShort(index + TYPE);
        while (isTag(type)) {
            end += TAG_LENGTH;
            if (limit - index < end || end > LENGTH + MAX_TAGS * TAG_LENGTH) {
                return Wire.MALFORMED;
            }
            type = buffer.getUnsignedShort(index + end - Short.BYTES);
        }
        return end << Short.SIZE | type;
    }

    /**
     * The first half of what {@link #network(ByteBuf, int, int)} found.
     *
     * @param network its result, not {@link Wire#MALFORMED}
     * @return the length of the Ethernet header with its tags
     */
    public static int networkOffset(int network) {
        return network >>> Short.SIZE;
    }

    /**
     * The second half of what {@link #network(ByteBuf, int, int)} found.
     *
     * @param network its result, not {@link Wire#MALFORMED}
     * @return the type behind the last tag; below {@value #MIN_ETHER_TYPE} the length of an 802.3 frame
     */
    public static int networkType(int network) {
        return network & 0xffff;
    }

    /**
     * Tells whether a type announces a VLAN tag.
     *
     * @param type the type
     * @return true for 802.1Q and 802.1ad
     */
    public static boolean isTag(int type) {
        return type == TYPE_VLAN || type == TYPE_QINQ;
    }

    /**
     * Tells whether a type field is the length of an 802.3 frame.
     *
     * @param type the type
     * @return true below {@value #MIN_ETHER_TYPE}
     */
    public static boolean isLength(int type) {
        return type < MIN_ETHER_TYPE;
    }

    /** {@return the destination address in its 48-bit form} */
    public static long destination(ByteBuf buffer, int index) {
        return MacAddress.read(buffer, index);
    }

    /** Writes the destination address in its 48-bit form. */
    public static void destination(ByteBuf buffer, int index, long value) {
        MacAddress.write(buffer, index, value);
    }

    /** {@return the source address in its 48-bit form} */
    public static long source(ByteBuf buffer, int index) {
        return MacAddress.read(buffer, index + SOURCE);
    }

    /** Writes the source address in its 48-bit form. */
    public static void source(ByteBuf buffer, int index, long value) {
        MacAddress.write(buffer, index + SOURCE, value);
    }

    /** {@return the first type field, which may announce a tag or be a length} */
    public static int type(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + TYPE);
    }

    /** Writes the first type field, which may announce a tag or be a length. */
    public static void type(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + TYPE, value);
    }

    /** {@return the control information (priority, DEI, VLAN id) of the outermost tag} */
    public static int tagControl(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + TCI);
    }

    /** Writes the control information (priority, DEI, VLAN id) of the outermost tag. */
    public static void tagControl(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + TCI, value);
    }
}
