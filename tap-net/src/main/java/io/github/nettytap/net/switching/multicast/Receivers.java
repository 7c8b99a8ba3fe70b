/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

/** The ports that a frame to a group goes to, out of those of its VLAN. Immutable. */
public final class Receivers {

    /** Every port: the frame is flooded. */
    public static final Receivers ALL = new Receivers(null, null, null, null);

    private final PortSet first;
    private final PortSet second;
    private final PortSet third;
    private final PortSet fourth;

    private Receivers(PortSet first, PortSet second, PortSet third, PortSet fourth) {
        this.first = first;
        this.second = second;
        this.third = third;
        this.fourth = fourth;
    }

    /** Those of any of the sets. */
    static Receivers of(PortSet first, PortSet second, PortSet third, PortSet fourth) {
        return new Receivers(first, second, third, fourth);
    }

    /**
     * Whether a port is one of them. Takes the same few steps however many there are.
     *
     * @param port its index
     * @return true if it gets the frame
     */
    public boolean include(int port) {
        return first == null
                || first.contains(port)
                || second.contains(port)
                || third.contains(port)
                || fourth.contains(port);
    }
}
