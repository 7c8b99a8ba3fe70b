/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.net.table.KeyedHash;
import io.netty.buffer.ByteBuf;

/**
 * A multicast group in a VLAN. Groups are told apart by their IP addresses and not by the MAC addresses that 32 of them
 * share (RFC 4541, section 2.1.2).
 *
 * @param vlan the VLAN, 0 for none
 * @param high the first 64 bits of the IPv6 address; 0 for IPv4
 * @param low the last 64 bits; an IPv4 address has {@code 0xffff} in front, as in {@code ::ffff:224.0.0.1}
 */
record GroupAddress(int vlan, long high, long low) {

    private static final long MAPPED = 0xffff_0000_0000L;
    private static final long MAC_V4 = 0x0100_5e00_0000L;
    private static final long MAC_V6 = 0x3333_0000_0000L;
    private static final long LOCAL_BLOCK = MAPPED | 0xe000_0000L;
    private static final long MAPPED_MULTICAST = MAPPED | 0xe000_0000L;

    static GroupAddress ipv4(int vlan, int address) {
        return new GroupAddress(vlan, 0, MAPPED | address & 0xffff_ffffL);
    }

    static GroupAddress ipv6(int vlan, ByteBuf buffer, int index) {
        return new GroupAddress(vlan, buffer.getLong(index), buffer.getLong(index + Long.BYTES));
    }

    boolean isIpv6() {
        return high != 0;
    }

    /** Whether anybody may join it: it is a group, and none of those that always go everywhere. */
    boolean canBeJoined() {
        if (isIpv6()) {
            boolean allNodes = high == 0xff02_0000_0000_0000L && low == 1;
            // Scope 0 is reserved, scope 1 never leaves a host: RFC 4291, section 2.7.
            return high >>> 56 == 0xff && (high >>> 48 & 0xf) > 1 && !allNodes;
        }
        return (low & ~0xfff_ffffL) == MAPPED_MULTICAST && (low & ~0xffL) != LOCAL_BLOCK;
    }

    /** The MAC address that frames to it have: RFC 1112, section 6.4, and RFC 2464, section 7. */
    long mac() {
        return isIpv6() ? MAC_V6 | low & 0xffff_ffffL : MAC_V4 | low & 0x7f_ffffL;
    }

    /** Keyed: hosts choose the groups, and must not choose which of them meet in a bucket. */
    @Override
    public int hashCode() {
        return (int) KeyedHash.ofProcess().hash(vlan, high, low);
    }
}
