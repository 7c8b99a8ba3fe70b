/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.netty.buffer.ByteBuf;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Addresses as two numbers, which is how the router carries them: the upper and the lower 64 bits. IPv4 is IPv4-mapped,
 * {@code ::ffff:a.b.c.d} (RFC 4291, section 2.5.5.2), so that neighbors and routes are of one kind.
 */
public final class IpAddress {

    /** By how much an IPv4 prefix is longer when mapped. */
    public static final int MAPPED_PREFIX = 96;

    /** The upper half of {@code fe80::/64}. */
    public static final long LINK_LOCAL_HIGH = 0xfe80_0000_0000_0000L;

    private static final int HALF = 64;
    private static final long MAPPED = 0xffff_0000_0000L;

    private IpAddress() {}

    /**
     * Whether an address is an IPv4-mapped one.
     *
     * @param high the upper half
     * @param low the lower half
     * @return whether it is of the form {@code ::ffff:a.b.c.d}
     */
    public static boolean isIpv4(long high, long low) {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /**
     * The lower half of a mapped IPv4 address; the upper half is zero.
     *
     * @param ipv4 the address, first octet most significant
     * @return the lower 64 bits of {@code ::ffff:a.b.c.d}
     */
    public static long mapped(int ipv4) {
        return MAPPED | ipv4 & 0xffff_ffffL;
    }

    /**
     * The upper half of an address.
     *
     * @param address of IPv4 or IPv6
     * @return its first eight octets, the first one most significant; 0 for IPv4, which is mapped
     */
    public static long high(InetAddress address) {
        return address instanceof Inet4Address
                ? 0
                : ByteBuffer.wrap(address.getAddress()).getLong(0);
    }

    /**
     * The lower half of an address.
     *
     * @param address of IPv4 or IPv6
     * @return its last eight octets; {@linkplain #mapped mapped} for IPv4
     */
    public static long low(InetAddress address) {
        ByteBuffer octets = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address ? mapped(octets.getInt(0)) : octets.getLong(Long.BYTES);
    }

    /**
     * Whether an address is an IPv6 multicast group, {@code ff00::/8}. IPv4 groups, which are mapped, are not
     * recognized.
     *
     * @param high the upper half of the address
     * @return whether it is a group
     */
    public static boolean isGroup(long high) {
        return high >>> 56 == 0xff;
    }

    /**
     * Whether an address is an IPv6 link-local one, {@code fe80::/10}.
     *
     * @param high the upper half of the address
     * @return whether it is link-local
     */
    public static boolean isLinkLocal(long high) {
        return high >>> 54 == 0x3fa;
    }

    /**
     * Whether an address is the unspecified one of IPv6, {@code ::}.
     *
     * @param high the upper half
     * @param low the lower half
     * @return whether both are 0
     */
    public static boolean isUnspecified(long high, long low) {
        return (high | low) == 0;
    }

    /** The upper half of {@code ff02::1:ffXX:XXXX} (RFC 4291, section 2.7.1), which is that of all groups of a link. */
    public static final long LINK_GROUP_HIGH = 0xff02_0000_0000_0000L;

    /**
     * The lower half of the solicited-node group of an address.
     *
     * @param low the lower half of the IPv6 address
     * @return the lower half of {@code ff02::1:ffXX:XXXX}; its upper half is {@link #LINK_GROUP_HIGH}
     */
    public static long solicitedNodeLow(long low) {
        return 0x1_ff00_0000L | low & 0xff_ffff;
    }

    /**
     * The Ethernet group of an IPv6 group: RFC 2464, section 7.
     *
     * @param low the lower half of the IPv6 group
     * @return the 48-bit MAC address {@code 33:33:XX:XX:XX:XX}, first octet most significant
     */
    public static long groupMac(long low) {
        return 0x3333_0000_0000L | low & 0xffff_ffffL;
    }

    /**
     * The lower half of a link-local address made of a MAC address: RFC 4291, appendix A.
     *
     * @param mac the 48-bit MAC address, first octet most significant
     * @return the modified EUI-64 identifier; the upper half is {@link #LINK_LOCAL_HIGH}
     */
    public static long interfaceIdentifier(long mac) {
        return (mac >>> 24 << 40 | 0xff_fe00_0000L | mac & 0xff_ffff) ^ 0x0200_0000_0000_0000L;
    }

    /**
     * The upper half of the mask of a prefix.
     *
     * @param length the prefix length, 0 to 128
     * @return the mask, its leading bits set
     */
    public static long highMask(int length) {
        return length >= HALF ? -1L : length == 0 ? 0 : -1L << HALF - length;
    }

    /**
     * The lower half of the mask of a prefix.
     *
     * @param length the prefix length, 0 to 128
     * @return the mask, its leading bits set; 0 up to a length of 64
     */
    public static long lowMask(int length) {
        return length <= HALF ? 0 : -1L << 2 * HALF - length;
    }

    /**
     * The usual text of an address. A mapped address is written as the IPv4 address it stands for.
     *
     * @param high the upper half
     * @param low the lower half
     * @return the text, as {@link InetAddress#getHostAddress} has it
     */
    public static String toString(long high, long low) {
        byte[] octets = isIpv4(high, low)
                ? ByteBuffer.allocate(Integer.BYTES).putInt((int) low).array()
                : ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
        try {
            return InetAddress.getByAddress(octets).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("of four or sixteen octets", e);
        }
    }

    /**
     * Writes an address as 16 octets in network byte order.
     *
     * @param buffer where the address goes; its indexes do not change
     * @param index where the first octet goes
     * @param high the upper half
     * @param low the lower half
     */
    public static void write(ByteBuf buffer, int index, long high, long low) {
        buffer.setLong(index, high);
        buffer.setLong(index + Long.BYTES, low);
    }
}
