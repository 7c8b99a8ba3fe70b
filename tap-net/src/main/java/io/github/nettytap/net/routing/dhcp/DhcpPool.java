/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.routing.packet.DomainNames;
import io.github.nettytap.net.routing.packet.IpAddress;

import java.net.Inet4Address;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The addresses that the DHCP server of a link leases, and what else it says.
 *
 * @param first the first address
 * @param last the last address, not before the first
 * @param nameServers may be empty
 * @param domain the domain of the clients, or null
 * @param search the domains in which clients look for names, may be empty
 * @param fixed the addresses of clients that always get the same one, by MAC address; of the network, whether of the
 *     pool or not
 * @param leaseTime how long an address is leased
 * @param leaseFile where leases are kept over a restart, or null
 */
public record DhcpPool(
        Inet4Address first,
        Inet4Address last,
        List<Inet4Address> nameServers,
        String domain,
        List<String> search,
        Map<MacAddress, Inet4Address> fixed,
        Duration leaseTime,
        Path leaseFile) {

    /** An hour. */
    public static final Duration LEASE_TIME = Duration.ofHours(1);

    private static final int MAX_SIZE = 65_536;
    private static final int MAX_OPTION = 255;

    /** Checks the range and the names. */
    public DhcpPool {
        nameServers = List.copyOf(nameServers);
        search = List.copyOf(search);
        fixed = Map.copyOf(fixed);
        long size = (bits(last) & 0xffff_ffffL) - (bits(first) & 0xffff_ffffL) + 1;
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("no range of addresses: first=" + first.getHostAddress() + ", last="
                    + last.getHostAddress() + " (expected: 1 to " + MAX_SIZE + " addresses)");
        }
        if (nameServers.size() * Integer.BYTES > MAX_OPTION) {
            throw new IllegalArgumentException("too many name servers: nameServers=" + nameServers.size()
                    + " (expected: " + MAX_OPTION / Integer.BYTES + " at most)");
        }
        if (domain != null) {
            DomainNames.check(domain);
        }
        search.forEach(DomainNames::check);
        int length = DomainNames.encodedLength(search);
        if (length > MAX_OPTION) {
            throw new IllegalArgumentException("too many search domains: search=" + search + ", length=" + length
                    + " (expected: " + MAX_OPTION + " bytes at most)");
        }
        if (leaseTime.toSeconds() < 60 || leaseTime.toDays() > 366) {
            throw new IllegalArgumentException(
                    "no such lease time: leaseTime=" + leaseTime + " (expected: a minute to 366 days)");
        }
        Set<Inet4Address> taken = new HashSet<>();
        fixed.forEach((mac, address) -> {
            if (!taken.add(address)) {
                throw new IllegalArgumentException("one address for two clients: address=" + address.getHostAddress()
                        + " (expected: each client has its own)");
            }
        });
    }

    /** Addresses and name servers; everything else as it is by default. */
    public DhcpPool(Inet4Address first, Inet4Address last, List<Inet4Address> nameServers) {
        this(first, last, nameServers, null, List.of(), Map.of(), LEASE_TIME, null);
    }

    /** The same pool with name servers. */
    public DhcpPool withNameServers(List<Inet4Address> servers) {
        return new DhcpPool(first, last, servers, domain, search, fixed, leaseTime, leaseFile);
    }

    /** The same pool, whose clients are of a domain and look for names in others. */
    public DhcpPool withDomain(String name, List<String> others) {
        return new DhcpPool(first, last, nameServers, name, others, fixed, leaseTime, leaseFile);
    }

    /** The same pool with one more client that always gets the same address. */
    public DhcpPool withFixed(MacAddress mac, Inet4Address address) {
        Map<MacAddress, Inet4Address> more = new HashMap<>(fixed);
        if (more.put(mac, address) != null) {
            throw new IllegalArgumentException(
                    "two addresses for one client: client=" + mac + " (expected: each client once)");
        }
        return new DhcpPool(first, last, nameServers, domain, search, more, leaseTime, leaseFile);
    }

    /** The same pool with another lease time. */
    public DhcpPool withLeaseTime(Duration time) {
        return new DhcpPool(first, last, nameServers, domain, search, fixed, time, leaseFile);
    }

    /** The same pool, whose leases are kept in a file. */
    public DhcpPool withLeaseFile(Path file) {
        return new DhcpPool(first, last, nameServers, domain, search, fixed, leaseTime, file);
    }

    /**
     * Whether hosts of a network can have these addresses: all are of it, and none is the router's own, or all hosts'.
     */
    public boolean fits(Cidr network) {
        int length = network.prefixLength();
        if (!(network.address() instanceof Inet4Address own)) {
            return false;
        }
        int mask = length == 0 ? 0 : -1 << Integer.SIZE - length;
        for (Inet4Address address : fixed.values()) {
            int bits = bits(address);
            boolean isEnd = length < 31 && (bits == (bits & mask) || bits == (bits | ~mask));
            if (((bits ^ bits(own)) & mask) != 0 || bits == bits(own) || isEnd) {
                return false;
            }
        }
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

    /** The address that is always this client's, or 0. */
    int fixedAddress(long mac) {
        Inet4Address address = fixed.isEmpty() ? null : fixed.get(MacAddress.of(mac));
        return address == null ? 0 : bits(address);
    }

    boolean isFixed(int address) {
        for (Inet4Address each : fixed.values()) {
            if (bits(each) == address) {
                return true;
            }
        }
        return false;
    }
}
