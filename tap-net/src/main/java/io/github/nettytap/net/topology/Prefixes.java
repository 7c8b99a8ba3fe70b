/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.Cidr;

import java.net.InetAddress;

/** Networks and the addresses in them. */
final class Prefixes {

    private Prefixes() {}

    static boolean contains(Cidr network, InetAddress address) {
        byte[] ours = network.address().getAddress();
        byte[] other = address.getAddress();
        if (ours.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < network.prefixLength(); bit++) {
            int mask = 0x80 >> (bit & 7);
            if (((ours[bit >> 3] ^ other[bit >> 3]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether one of them contains the other, or they are equal. */
    static boolean overlap(Cidr one, Cidr other) {
        return one.prefixLength() <= other.prefixLength()
                ? contains(one, other.address())
                : contains(other, one.address());
    }
}
