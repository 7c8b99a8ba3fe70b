/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

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

    static GroupAddress ipv4(int vlan, int address) {
        return new GroupAddress(vlan, 0, MAPPED | address & 0xffff_ffffL);
    }

    static GroupAddress ipv6(int vlan, ByteBuf buffer, int index) {
        return new GroupAddress(vlan, buffer.getLong(index), buffer.getLong(index + Long.BYTES));
    }

    boolean isIpv6() {
        return high != 0;
    }
}
