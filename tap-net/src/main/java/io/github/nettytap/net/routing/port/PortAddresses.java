/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.port;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.routing.packet.IpAddress;

import java.net.Inet4Address;
import java.util.List;

/** The addresses that the router has on one link: those it was given, and a link-local one made of its MAC address. */
public final class PortAddresses {

    private static final int LINK_LOCAL_LENGTH = 10;

    private final int[] ipv4;
    private final int[] ipv4Masks;
    private final long[] ipv6Highs;
    private final long[] ipv6Lows;
    private final long[] ipv6HighMasks;
    private final long[] ipv6LowMasks;

    PortAddresses(List<Cidr> networks, long mac) {
        List<Cidr> networks4 = networks.stream()
                .filter(network -> network.address() instanceof Inet4Address)
                .toList();
        List<Cidr> networks6 = networks.stream()
                .filter(network -> !(network.address() instanceof Inet4Address))
                .toList();
        ipv4 = networks4.stream()
                .mapToInt(network -> (int) IpAddress.low(network.address()))
                .toArray();
        ipv4Masks = networks4.stream()
                .mapToInt(network -> network.prefixLength() == 0 ? 0 : -1 << Integer.SIZE - network.prefixLength())
                .toArray();
        int count = networks6.isEmpty() ? 0 : networks6.size() + 1;
        ipv6Highs = new long[count];
        ipv6Lows = new long[count];
        ipv6HighMasks = new long[count];
        ipv6LowMasks = new long[count];
        for (int i = 0; i < networks6.size(); i++) {
            ipv6Highs[i] = IpAddress.high(networks6.get(i).address());
            ipv6Lows[i] = IpAddress.low(networks6.get(i).address());
            ipv6HighMasks[i] = IpAddress.highMask(networks6.get(i).prefixLength());
            ipv6LowMasks[i] = IpAddress.lowMask(networks6.get(i).prefixLength());
        }
        if (count > 0) {
            ipv6Highs[count - 1] = IpAddress.LINK_LOCAL_HIGH;
            ipv6Lows[count - 1] = IpAddress.interfaceIdentifier(mac);
            ipv6HighMasks[count - 1] = IpAddress.highMask(LINK_LOCAL_LENGTH);
        }
    }

    /**
     * Whether the router has an IPv4 address on this link.
     *
     * @return whether {@link #ipv4Count} is not 0
     */
    public boolean hasIpv4() {
        return ipv4.length > 0;
    }

    /**
     * Whether the router has IPv6 addresses on this link: the link-local one is there only if another was given.
     *
     * @return whether {@link #ipv6Count} is not 0
     */
    public boolean hasIpv6() {
        return ipv6Lows.length > 0;
    }

    /**
     * How many IPv4 addresses there are.
     *
     * @return the number of addresses
     */
    public int ipv4Count() {
        return ipv4.length;
    }

    /**
     * An own IPv4 address.
     *
     * @param i which, from 0 to below {@link #ipv4Count}
     * @return the address, first octet most significant
     */
    public int ipv4(int i) {
        return ipv4[i];
    }

    /**
     * How many IPv6 addresses there are, the link-local one included.
     *
     * @return the number of addresses; 0 if none was given
     */
    public int ipv6Count() {
        return ipv6Lows.length;
    }

    /**
     * The upper half of an own IPv6 address.
     *
     * @param i which, from 0 to below {@link #ipv6Count}; the link-local address is the last
     * @return its first eight octets, the first one most significant
     */
    public long ipv6High(int i) {
        return ipv6Highs[i];
    }

    /**
     * The lower half of an own IPv6 address.
     *
     * @param i which, from 0 to below {@link #ipv6Count}; the link-local address is the last
     * @return its last eight octets
     */
    public long ipv6Low(int i) {
        return ipv6Lows[i];
    }

    /**
     * Whether an IPv4 address is that of all hosts of a network of this link.
     *
     * @param address the IPv4 address, first octet most significant
     * @return whether it is a directed broadcast address; false for {@code 255.255.255.255}
     */
    public boolean isBroadcast(int address) {
        for (int i = 0; i < ipv4.length; i++) {
            // RFC 3021: a /31 has none.
            if ((address | ipv4Masks[i]) == -1 && ((address ^ ipv4[i]) & ipv4Masks[i]) == 0 && ~ipv4Masks[i] > 1) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether an address is that of the routers of a network of this link: RFC 4291, section 2.6.1.
     *
     * @param high the upper half of the IPv6 address
     * @param low the lower half
     * @return whether it is the subnet-router anycast address of a network of at most 126 bits
     */
    public boolean isAnycast(long high, long low) {
        for (int i = 0; i < ipv6Lows.length - 1; i++) {
            // RFC 6164: a /127 has none; nor has a /128.
            if ((ipv6LowMasks[i] & 3) == 0
                    && high == (ipv6Highs[i] & ipv6HighMasks[i])
                    && low == (ipv6Lows[i] & ipv6LowMasks[i])) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a network of this link has a subnet-router anycast address, see {@link #isAnycast}.
     *
     * @return whether one of the IPv6 prefixes has at most 126 bits
     */
    public boolean hasAnycast() {
        for (int i = 0; i < ipv6Lows.length - 1; i++) {
            if ((ipv6LowMasks[i] & 3) == 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the router has this IPv4 address on this link.
     *
     * @param address the address, first octet most significant
     * @return whether it is one of the router's
     */
    public boolean isOwn(int address) {
        for (int own : ipv4) {
            if (own == address) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the router has this IPv6 address on this link, be it link-local. Anycast addresses do not count.
     *
     * @param high the upper half of the address
     * @param low the lower half
     * @return whether it is one of the router's
     */
    public boolean isOwn(long high, long low) {
        for (int i = 0; i < ipv6Lows.length; i++) {
            if (ipv6Lows[i] == low && ipv6Highs[i] == high) {
                return true;
            }
        }
        return false;
    }

    /**
     * The own IPv4 address to talk from: the one in the network of the other end, else the first. There must be one,
     * see {@link #hasIpv4}.
     *
     * @param other the IPv4 address of the other end, first octet most significant
     * @return the own address, first octet most significant
     */
    public int source(int other) {
        int i = network(other);
        return ipv4[Math.max(0, i)];
    }

    /**
     * Whether an address is in a network of this link.
     *
     * @param other the IPv4 address, first octet most significant
     * @return whether one of the networks contains it
     */
    public boolean isOnLink(int other) {
        return network(other) >= 0;
    }

    /**
     * Whether an address is in a network of this link, link-local ones included.
     *
     * @param high the upper half of the IPv6 address
     * @param low the lower half
     * @return whether one of the networks contains it, or {@code fe80::/10} if the router has IPv6 addresses here
     */
    public boolean isOnLink(long high, long low) {
        for (int i = 0; i < ipv6Lows.length; i++) {
            if (((ipv6Highs[i] ^ high) & ipv6HighMasks[i]) == 0 && ((ipv6Lows[i] ^ low) & ipv6LowMasks[i]) == 0) {
                return true;
            }
        }
        return false;
    }

    private int network(int other) {
        for (int i = 0; i < ipv4.length; i++) {
            if (((ipv4[i] ^ other) & ipv4Masks[i]) == 0) {
                return i;
            }
        }
        return -1;
    }

    /** Which of the own addresses to talk to another from: link-local to link-local, else the first. */
    private int ipv6Source(long otherHigh) {
        return IpAddress.isLinkLocal(otherHigh) ? ipv6Lows.length - 1 : 0;
    }

    /**
     * The upper half of the IPv6 address to talk from: the link-local one to a link-local address, else the first.
     * There must be one, see {@link #hasIpv6}.
     *
     * @param otherHigh the upper half of the other end's address
     * @return the upper half of the own address
     */
    public long sourceHigh(long otherHigh) {
        return ipv6Highs[ipv6Source(otherHigh)];
    }

    /**
     * The lower half of the IPv6 address to talk from, see {@link #sourceHigh}.
     *
     * @param otherHigh the upper half of the other end's address
     * @return the lower half of the own address
     */
    public long sourceLow(long otherHigh) {
        return ipv6Lows[ipv6Source(otherHigh)];
    }

    /**
     * The lower half of the link-local address. There must be one, see {@link #hasIpv6}.
     *
     * @return the interface identifier made of the MAC address
     */
    public long linkLocalLow() {
        return ipv6Lows[ipv6Lows.length - 1];
    }
}
