/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import io.github.nettytap.codec.wire.Cidr;
import io.netty.buffer.ByteBuf;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The addresses that are answered for: single ones, or all of a network. Immutable. */
public final class EchoAddresses {

    /** RFC 3021: networks of this length have no ends. */
    private static final int POINT_TO_POINT = 31;

    private static final int FIRST_GROUP = 224;
    private static final int LOOPBACK = 127;

    private final List<Network> ours;
    private final List<byte[]> others;

    /** Of networks of IPv4: the first address and that of all hosts, which no host has. */
    private final Set<Integer> ends;

    /** The first address, and how many of its bits all of them share. */
    private record Network(byte[] address, int prefixLength) {}

    private EchoAddresses(List<Network> ours, List<byte[]> others, Set<Integer> ends) {
        this.ours = ours;
        this.others = others;
        this.ends = Set.copyOf(ends);
    }

    /**
     * Puts addresses together.
     *
     * @param ours addresses and networks to answer for
     * @param others addresses within those networks that belong to somebody else, such as the kernel's side of the TAP
     * @return the set of addresses
     * @throws IllegalArgumentException if something is neither the address of a host nor a network, or of both sides
     */
    public static EchoAddresses of(List<Cidr> ours, List<Cidr> others) {
        List<Network> networks = new ArrayList<>();
        for (Cidr cidr : ours) {
            byte[] address = cidr.address().getAddress();
            if (cidr.address().isMulticastAddress() || cidr.address().isLoopbackAddress()) {
                throw new IllegalArgumentException(
                        "no host has this address: address=" + cidr + " (expected: neither a group nor loopback)");
            }
            if (cidr.prefixLength() == Byte.SIZE * address.length
                    && others.stream().anyMatch(other -> other.address().equals(cidr.address()))) {
                throw new IllegalArgumentException("address of both sides: address="
                        + cidr.address().getHostAddress() + " (expected: the other side has one of its own)");
            }
            byte[] network = masked(address, cidr.prefixLength());
            if (!Arrays.equals(address, network)) {
                throw new IllegalArgumentException("neither an address nor a network: address=" + cidr
                        + " (expected: " + cidr.address().getHostAddress() + " for this one, or an address with zeros"
                        + " behind the first " + cidr.prefixLength() + " bits for all of a network)");
            }
            networks.add(new Network(network, cidr.prefixLength()));
        }
        List<byte[]> excepted = new ArrayList<>();
        others.forEach(other -> excepted.add(other.address().getAddress()));
        Set<Integer> ends = new HashSet<>();
        Stream.concat(ours.stream(), others.stream())
                .filter(cidr -> cidr.address() instanceof Inet4Address && cidr.prefixLength() < POINT_TO_POINT)
                .forEach(cidr -> {
                    int address = ByteBuffer.wrap(cidr.address().getAddress()).getInt();
                    int ofHosts = (int) (0xffff_ffffL >>> cidr.prefixLength());
                    ends.add(address & ~ofHosts);
                    ends.add(address | ofHosts);
                });
        return new EchoAddresses(networks, excepted, ends);
    }

    /** Whether an IPv4 address can be that of one host: not a group, not all hosts of a network, not nobody. */
    boolean isHost(int address) {
        int network = address >>> 24;
        return network != 0 && network < FIRST_GROUP && network != LOOPBACK && !ends.contains(address);
    }

    /** Whether the address of so many bytes at an index is one of them. */
    boolean contains(ByteBuf buffer, int index, int length) {
        if (length == Integer.BYTES && !isHost(buffer.getInt(index))) {
            return false;
        }
        for (Network network : ours) {
            if (network.address.length == length && isWithin(buffer, index, network.address, network.prefixLength)) {
                return !isOther(buffer, index, length);
            }
        }
        return false;
    }

    private boolean isOther(ByteBuf buffer, int index, int length) {
        for (byte[] other : others) {
            if (other.length == length && isWithin(buffer, index, other, length * Byte.SIZE)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWithin(ByteBuf buffer, int index, byte[] network, int prefixLength) {
        int whole = prefixLength / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (buffer.getByte(index + i) != network[i]) {
                return false;
            }
        }
        int rest = prefixLength % Byte.SIZE;
        return rest == 0 || (buffer.getByte(index + whole) ^ network[whole]) >> Byte.SIZE - rest == 0;
    }

    private static byte[] masked(byte[] address, int prefixLength) {
        byte[] network = address.clone();
        for (int bit = prefixLength; bit < address.length * Byte.SIZE; bit++) {
            network[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
        }
        return network;
    }
}
