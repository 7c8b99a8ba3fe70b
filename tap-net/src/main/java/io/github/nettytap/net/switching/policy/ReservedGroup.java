/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import java.util.Locale;

/**
 * Protocols that neighbors talk to groups that bridges do not forward, {@code 01:80:c2:00:00:0x}, and that a switch can
 * be told to forward all the same, so that it is a wire for them.
 *
 * <p>Source: IEEE Std 802.1Q-2018, table 8-1. Pause frames, {@code …:01}, are for the link alone and never forwarded.
 */
public enum ReservedGroup {
    /** Spanning tree: bridges beyond this switch find the loops that go through it. */
    STP(0x0),
    /** Link aggregation and other slow protocols. */
    LACP(0x2),
    /** 802.1X authentication. */
    EAPOL(0x3),
    /** Discovery of neighbors. */
    LLDP(0xe);

    private final int lastDigit;

    ReservedGroup(int lastDigit) {
        this.lastDigit = lastDigit;
    }

    /**
     * The last hexadecimal digit of the group's address.
     *
     * @return 0 to 15
     */
    public int lastDigit() {
        return lastDigit;
    }

    /**
     * Reads a name, in whatever case.
     *
     * @param name such as {@code stp}
     * @return the protocol
     * @throws IllegalArgumentException if it is none of these
     */
    public static ReservedGroup of(String name) {
        for (ReservedGroup group : values()) {
            if (group.name().equalsIgnoreCase(name)) {
                return group;
            }
        }
        throw new IllegalArgumentException("no such protocol to forward: forward=" + name.toLowerCase(Locale.ROOT)
                + " (expected: stp, lacp, eapol, lldp)");
    }
}
