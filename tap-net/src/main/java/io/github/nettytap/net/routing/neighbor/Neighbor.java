/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.ArrayDeque;
import java.util.Queue;

/** A station on a link: its IP address, its MAC address as far as known, and the frames that wait for that. */
public final class Neighbor {

    static final long UNKNOWN = -1;

    final RouterPort port;
    final long high;
    final long low;

    /** Of the hash chain. */
    Neighbor next;

    long mac = UNKNOWN;

    /** When it was last heard from, in milliseconds. */
    long confirmed;

    /** When a packet was last sent to it. */
    long used;

    /** Solicitations sent that were not answered; 0 if none is out. */
    int solicitations;

    /** When the last one went out. */
    long solicited;

    private final Queue<Waiting> waiting = new ArrayDeque<>(2);

    Neighbor(RouterPort port, long high, long low) {
        this.port = port;
        this.high = high;
        this.low = low;
    }

    /** A frame that waits, and the port that it came in through. */
    record Waiting(ByteBuf frame, RouterPort from) {}

    Queue<Waiting> waiting() {
        return waiting;
    }

    /** Whether it is asked by ARP, not by neighbor discovery. */
    public boolean isIpv4() {
        return IpAddress.isIpv4(high, low);
    }

    boolean isResolved() {
        return mac != UNKNOWN;
    }
}
