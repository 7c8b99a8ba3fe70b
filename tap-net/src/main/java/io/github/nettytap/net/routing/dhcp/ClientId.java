/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.net.table.KeyedHash;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

import java.util.Arrays;

/**
 * By what a client is known: its client identifier, or else its MAC address behind the hardware type of Ethernet, which
 * is what most clients send as their identifier anyway (RFC 2131, section 2; RFC 2132, section 9.14).
 *
 * <p>Clients choose their identifiers: the hash is keyed, and a map orders those that collide.
 */
final class ClientId implements Comparable<ClientId> {

    private static final int ETHERNET = 1;

    private final byte[] octets;
    private final int hash;

    private ClientId(byte[] octets) {
        this.octets = octets;
        long state = octets.length;
        for (int i = 0; i < octets.length; i += Long.BYTES) {
            long word = 0;
            for (int j = i; j < Math.min(octets.length, i + Long.BYTES); j++) {
                word = word << Byte.SIZE | octets[j] & 0xff;
            }
            state = KeyedHash.ofProcess().hash(state ^ word);
        }
        hash = (int) state;
    }

    /** A client that names itself. */
    static ClientId of(ByteBuf buffer, int index, int length) {
        byte[] octets = new byte[length];
        buffer.getBytes(index, octets);
        return new ClientId(octets);
    }

    /** A client that does not. */
    static ClientId ofMac(long mac) {
        byte[] octets = new byte[1 + 6];
        octets[0] = ETHERNET;
        for (int i = 1; i < octets.length; i++) {
            octets[i] = (byte) (mac >>> Byte.SIZE * (6 - i));
        }
        return new ClientId(octets);
    }

    /** What {@link #toString} has made. */
    static ClientId parse(String hex) {
        return new ClientId(ByteBufUtil.decodeHexDump(hex));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClientId && Arrays.equals(octets, ((ClientId) other).octets);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public int compareTo(ClientId other) {
        return Arrays.compare(octets, other.octets);
    }

    /** In hexadecimal digits. */
    @Override
    public String toString() {
        return ByteBufUtil.hexDump(octets);
    }
}
