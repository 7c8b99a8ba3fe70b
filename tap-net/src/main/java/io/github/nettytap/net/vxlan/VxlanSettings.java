/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * The sockets of a VXLAN endpoint.
 *
 * @param local where to listen
 * @param sourcePorts how many UDP ports flows are sent from, each flow from one of them, so that what carries the
 *     tunnel can tell flows apart (RFC 7348, section 5); 0 for the one that is listened on
 * @param dontFragment whether datagrams have the DF bit in any case, so that one that is too long for the path is lost,
 *     and counted, rather than fragmented; if not, the kernel fragments what is longer than the path's MTU
 */
public record VxlanSettings(InetSocketAddress local, int sourcePorts, boolean dontFragment) {

    /** How many ports send unless something else is said: enough for a card with as many queues as usual. */
    public static final int DEFAULT_SOURCE_PORTS = 8;

    /** The most ports to send from. */
    public static final int MAX_SOURCE_PORTS = 64;

    /**
     * Checks the ranges.
     *
     * @param local where to listen
     * @param sourcePorts how many UDP ports flows are sent from, each flow from one of them, so that what carries the
     *     tunnel can tell flows apart
     * @param dontFragment whether datagrams have the DF bit in any case, so that one that is too long for the path is
     *     lost, and counted, rather than fragmented
     * @throws IllegalArgumentException if one is out of range, or they do not go together
     */
    public VxlanSettings {
        Objects.requireNonNull(local, "local");
        if (sourcePorts < 0 || sourcePorts > MAX_SOURCE_PORTS) {
            throw new IllegalArgumentException("no such number of source ports: number=" + sourcePorts
                    + " (expected: 0 to " + MAX_SOURCE_PORTS + ")");
        }
    }

    /**
     * An endpoint that listens on an address and has defaults for the rest.
     *
     * @param local where to listen
     */
    public VxlanSettings(InetSocketAddress local) {
        this(local, DEFAULT_SOURCE_PORTS, false);
    }
}
