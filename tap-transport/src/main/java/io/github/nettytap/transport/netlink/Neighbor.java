/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.MacAddress;

import java.net.InetAddress;

/** Who has an IP address on a link: an entry of the ARP or NDP table. */
public final class Neighbor {

    private final InetAddress address;
    private final MacAddress mac;
    private final boolean permanent;

    Neighbor(InetAddress address, MacAddress mac, boolean permanent) {
        this.address = address;
        this.mac = mac;
        this.permanent = permanent;
    }

    /**
     * The IP address.
     *
     * @return the address
     */
    public InetAddress address() {
        return address;
    }

    /**
     * The MAC address.
     *
     * @return the address
     */
    public MacAddress mac() {
        return mac;
    }

    /**
     * Whether the entry was set by hand and never ages.
     *
     * @return false for a learned entry
     */
    public boolean isPermanent() {
        return permanent;
    }

    @Override
    public String toString() {
        return address.getHostAddress() + " lladdr " + mac + (permanent ? " PERMANENT" : "");
    }
}
