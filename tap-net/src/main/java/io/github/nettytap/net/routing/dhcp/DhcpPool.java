/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.routing.packet.IpAddress;

import java.net.Inet4Address;
import java.util.List;

/**
 * The addresses that the DHCP server of a link leases, and the name servers that it tells.
 *
 * @param first the first address
 * @param last the last address, not before the first
 * @param nameServers may be empty
 */
public record DhcpPool(Inet4Address first, Inet4Address last, List<Inet4Address> nameServers) {

    private static final int MAX_SIZE = 65_536;

    /** Checks the range. */
    public DhcpPool {
        nameServers = List.copyOf(nameServers);
        long size = (bits(last) & 0xffff_ffffL) - (bits(first) & 0xffff_ffffL) + 1;
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("no range of addresses: first=" + first.getHostAddress() + ", last="
                    + last.getHostAddress() + " (expected: 1 to " + MAX_SIZE + " addresses)");
        }
    }

    /** Whether hosts of a network can have these addresses: all are of it, and none is the router's own, or all hosts'. */
    public boolean fits(Cidr network) {
        int length = network.prefixLength();
        if (!(network.address() instanceof Inet4Address own)) {
            return false;
        }
        int mask = length == 0 ? 0 : -1 << Integer.SIZE - length;
        return ((bits(first) ^ bits(own)) & mask) == 0
                && ((bits(last) ^ bits(own)) & mask) == 0
                && !contains(bits(own))
                // RFC 3021: a /31 has neither.
                && (length >= 31 || !contains(bits(own) & mask) && !contains(bits(own) | ~mask));
    }

    private static int bits(Inet4Address address) {
        return (int) IpAddress.low(address);
    }

    int firstBits() {
        return bits(first);
    }

    int size() {
        return bits(last) - bits(first) + 1;
    }

    boolean contains(int address) {
        return Integer.compareUnsigned(address - firstBits(), size()) < 0;
    }
}
