/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

/** The ports that a frame to a group goes to, out of those of its VLAN. */
@FunctionalInterface
public interface Receivers {

    /** Every port: the frame is flooded. */
    Receivers ALL = port -> true;

    /** Whether a port is one of them. */
    boolean include(int port);
}
