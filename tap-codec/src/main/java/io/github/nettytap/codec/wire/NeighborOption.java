/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * An option of a neighbor discovery message.
 *
 * <pre>
 *  byte 0      1         2          3       4                  8                 12         16        32
 * +--------+---------+----------------------------------+
 * |   1    | 1       |        link-layer address        |                                              source
 * |   2    | 1       |        link-layer address        |                                              target
 * +--------+---------+----------+-------+------------------+-----------------+----------+---------+
 * |   3    | 4       | prefix   | L A   |  valid lifetime  |    preferred    | reserved |  prefix |     prefix information
 * |        |         | length   |       |                  |    lifetime     |          |         |
 * +--------+---------+----------+-------+------------------+-----------------+----------+---------+
 * |   5    | 1       |     reserved     |       MTU        |                                           MTU
 * +--------+---------+------------------+------------------+
 * </pre>
 *
 * <p>The length counts units of 8 bytes. Unknown options are to be passed over.
 *
 * <p>Source: RFC 4861, section 4.6; RFC 8106, section 5.1 for name servers.
 */
public final class NeighborOption {

    /** The MAC address of the sender. */
    public static final int SOURCE_LINK_LAYER_ADDRESS = 1;

    /** The MAC address of the target. */
    public static final int TARGET_LINK_LAYER_ADDRESS = 2;

    /** A prefix of the link. */
    public static final int PREFIX_INFORMATION = 3;

    /** The packet that is redirected. */
    public static final int REDIRECTED_HEADER = 4;

    /** The MTU of the link. */
    public static final int MTU = 5;

    /** Name servers. */
    public static final int RECURSIVE_DNS_SERVER = 25;

    /** Domains in which names are looked for: RFC 8106, section 5.2. */
    public static final int DNS_SEARCH_LIST = 31;

    /** The length of an option with a MAC address. */
    public static final int LINK_LAYER_ADDRESS_LENGTH = 8;

    /** The length of a prefix information option. */
    public static final int PREFIX_INFORMATION_LENGTH = 32;

    /** The length of an MTU option. */
    public static final int MTU_LENGTH = 8;

    /** In the flags of a prefix: its addresses are on this link. */
    public static final int FLAG_ON_LINK = 0x80;

    /** In the flags of a prefix: hosts make addresses of it. */
    public static final int FLAG_AUTONOMOUS = 0x40;

    private static final int LENGTH = 1;
    private static final int UNIT = 8;
    private static final int ADDRESS = 2;
    private static final int PREFIX_LENGTH = 2;
    private static final int PREFIX_FLAGS = 3;
    private static final int VALID_LIFETIME = 4;
    private static final int MTU_VALUE = 4;
    private static final int PREFERRED_LIFETIME = 8;
    private static final int PREFIX = 16;

    private NeighborOption() {}

    /**
     * Proves that the accessors of the option's own type are safe, and tells where the next one starts.
     *
     * @param buffer the buffer
     * @param index the index of the option
     * @param limit the index behind the last byte of the message
     * @return the length of the option, or {@link Wire#MALFORMED} if it is zero (RFC 4861, section 4.6: the packet is
     *     to be dropped), exceeds the message, or is too short for its type
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        if (limit - index < UNIT) {
            return Wire.MALFORMED;
        }
        int length = buffer.getUnsignedByte(index + LENGTH) * UNIT;
        int least = type(buffer, index) == PREFIX_INFORMATION ? PREFIX_INFORMATION_LENGTH : UNIT;
        return length >= least && length <= limit - index ? length : Wire.MALFORMED;
    }

    /**
     * Looks for an option.
     *
     * @param buffer the buffer
     * @param index the index of the first option
     * @param limit the index behind the last byte of the message
     * @param type the type of the option
     * @return the index of the first such option, or {@link Wire#MALFORMED} if there is none before the end or before
     *     the first malformed one
     */
    public static int find(ByteBuf buffer, int index, int limit, int type) {
        int option = index;
        while (true) {
            int length = check(buffer, option, limit);
            if (length == Wire.MALFORMED) {
                return Wire.MALFORMED;
            }
            if (type(buffer, option) == type) {
                return option;
            }
            option += length;
        }
    }

    /**
     * Writes an option that holds a MAC address.
     *
     * @param buffer the buffer
     * @param index the index of the option
     * @param type {@link #SOURCE_LINK_LAYER_ADDRESS} or {@link #TARGET_LINK_LAYER_ADDRESS}
     * @param mac the address in its 48-bit form
     */
    public static void writeLinkLayerAddress(ByteBuf buffer, int index, int type, long mac) {
        begin(buffer, index, type, LINK_LAYER_ADDRESS_LENGTH);
        linkLayerAddress(buffer, index, mac);
    }

    /**
     * Writes type and length of an option, the rest zero.
     *
     * @param buffer the buffer
     * @param index the index of the option
     * @param type the type
     * @param length the length in bytes, a multiple of 8
     */
    public static void begin(ByteBuf buffer, int index, int type, int length) {
        buffer.setZero(index, length);
        buffer.setByte(index, type);
        buffer.setByte(index + LENGTH, length / UNIT);
    }

    /** {@return the type} */
    public static int type(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index);
    }

    /** {@return the MAC address in its 48-bit form} */
    public static long linkLayerAddress(ByteBuf buffer, int index) {
        return MacAddress.read(buffer, index + ADDRESS);
    }

    /** Writes the MAC address in its 48-bit form. */
    public static void linkLayerAddress(ByteBuf buffer, int index, long value) {
        MacAddress.write(buffer, index + ADDRESS, value);
    }

    /** {@return the length of the prefix in bits} */
    public static int prefixLength(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + PREFIX_LENGTH);
    }

    /** Writes the length of the prefix in bits. */
    public static void prefixLength(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + PREFIX_LENGTH, value);
    }

    /** {@return the flags of a prefix} */
    public static int prefixFlags(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + PREFIX_FLAGS);
    }

    /** Writes the flags of a prefix. */
    public static void prefixFlags(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + PREFIX_FLAGS, value);
    }

    /** {@return the seconds for which a prefix is valid} */
    public static long validLifetime(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + VALID_LIFETIME);
    }

    /** Writes the seconds for which a prefix is valid. */
    public static void validLifetime(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + VALID_LIFETIME, (int) value);
    }

    /** {@return the seconds for which addresses of a prefix are preferred} */
    public static long preferredLifetime(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + PREFERRED_LIFETIME);
    }

    /** Writes the seconds for which addresses of a prefix are preferred. */
    public static void preferredLifetime(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + PREFERRED_LIFETIME, (int) value);
    }

    /**
     * The index of the prefix, 16 bytes long.
     *
     * @param index the index of the option
     * @return the index of its first byte
     */
    public static int prefixIndex(int index) {
        return index + PREFIX;
    }

    /** {@return the MTU} */
    public static long mtu(ByteBuf buffer, int index) {
        return buffer.getUnsignedInt(index + MTU_VALUE);
    }

    /** Writes the MTU. */
    public static void mtu(ByteBuf buffer, int index, long value) {
        buffer.setInt(index + MTU_VALUE, (int) value);
    }
}
