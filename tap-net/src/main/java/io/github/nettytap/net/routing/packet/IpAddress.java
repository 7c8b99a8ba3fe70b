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

    public static boolean isIpv4(long high, long low) {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /** The lower half of a mapped IPv4 address; the upper half is zero. */
    public static long mapped(int ipv4) {
        return MAPPED | ipv4 & 0xffff_ffffL;
    }

    public static long high(InetAddress address) {
        return address instanceof Inet4Address
                ? 0
                : ByteBuffer.wrap(address.getAddress()).getLong(0);
    }

    public static long low(InetAddress address) {
        ByteBuffer octets = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address ? mapped(octets.getInt(0)) : octets.getLong(Long.BYTES);
    }

    public static boolean isGroup(long high) {
        return high >>> 56 == 0xff;
    }

    public static boolean isLinkLocal(long high) {
        return high >>> 54 == 0x3fa;
    }

    public static boolean isUnspecified(long high, long low) {
        return (high | low) == 0;
    }

    /** The upper half of {@code ff02::1:ffXX:XXXX} (RFC 4291, section 2.7.1), which is that of all groups of a link. */
    public static final long LINK_GROUP_HIGH = 0xff02_0000_0000_0000L;

    /** The lower half of the solicited-node group of an address. */
    public static long solicitedNodeLow(long low) {
        return 0x1_ff00_0000L | low & 0xff_ffff;
    }

    /** The Ethernet group of an IPv6 group: RFC 2464, section 7. */
    public static long groupMac(long low) {
        return 0x3333_0000_0000L | low & 0xffff_ffffL;
    }

    /** The lower half of a link-local address made of a MAC address: RFC 4291, appendix A. */
    public static long interfaceIdentifier(long mac) {
        return (mac >>> 24 << 40 | 0xff_fe00_0000L | mac & 0xff_ffff) ^ 0x0200_0000_0000_0000L;
    }

    /** The upper half of the mask of a prefix. */
    public static long highMask(int length) {
        return length >= HALF ? -1L : length == 0 ? 0 : -1L << HALF - length;
    }

    /** The lower half of the mask of a prefix. */
    public static long lowMask(int length) {
        return length <= HALF ? 0 : -1L << 2 * HALF - length;
    }

    /** As people write it. */
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

    public static void write(ByteBuf buffer, int index, long high, long low) {
        buffer.setLong(index, high);
        buffer.setLong(index + Long.BYTES, low);
    }
}
