/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import io.github.nettytap.codec.wire.MacAddress;

import java.util.Objects;

/**
 * A MAC address that is known to be behind a port without having been heard: it does not age and does not move.
 *
 * @param mac its address
 * @param vlan its VLAN, or 0 for the one that frames without a tag are in
 */
public record StaticFdbEntry(MacAddress mac, int vlan) {

    /**
     * Checks the ranges.
     *
     * @param mac its address
     * @param vlan its VLAN, or 0 for the one that frames without a tag are in
     * @throws IllegalArgumentException if one is out of range, or they do not go together
     */
    public StaticFdbEntry {
        Objects.requireNonNull(mac, "mac");
        if (mac.isGroup() || mac.value() == 0) {
            throw new IllegalArgumentException(
                    "no address of a host: static=" + mac + " (expected: neither a group nor zero)");
        }
        if (vlan < 0 || vlan > PortVlans.MAX_VLAN) {
            throw new IllegalArgumentException("no such VLAN: static=" + mac + ", vlan=" + vlan
                    + " (expected: 1 to 4094, or 0 for that of frames without a tag)");
        }
    }

    /**
     * An address in the VLAN that frames without a tag are in.
     *
     * @param mac the address
     * @return a new entry
     */
    public static StaticFdbEntry of(MacAddress mac) {
        return new StaticFdbEntry(mac, 0);
    }
}
