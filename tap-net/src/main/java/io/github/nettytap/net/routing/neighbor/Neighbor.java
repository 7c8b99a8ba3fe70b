/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.table.TableEntry;
import io.netty.buffer.ByteBuf;

import java.util.ArrayDeque;
import java.util.Queue;

/** A host on a link: its IP address, its MAC address as far as known, and the frames that wait for that. */
public final class Neighbor extends TableEntry {

    static final long UNKNOWN = -1;

    final RouterPort port;

    long mac = UNKNOWN;
    State state = State.INCOMPLETE;

    /** When it was last shown that packets reach it, in milliseconds. */
    long reached;

    /** Solicitations sent that were not answered. */
    int solicitations;

    private Queue<Waiting> waiting;

    Neighbor(RouterPort port, long high, long low) {
        super(port.number(), high, low);
        this.port = port;
    }

    /** RFC 4861, section 7.3.2. That the time of {@code REACHABLE} is over is seen when the neighbor is used. */
    enum State {
        /** Its MAC address is not known; all have been asked. */
        INCOMPLETE,
        /** It has answered, not long ago. */
        REACHABLE,
        /** Its MAC address is known, and whether it still holds is not. */
        STALE,
        /** A packet went to it since; it will be asked soon. */
        DELAY,
        /** It has been asked whether it still has its MAC address. */
        PROBE
    }

    /** A frame that waits, and the port that it came in through. */
    static final class Waiting {
        final Neighbor neighbor;
        final RouterPort from;

        /** Null once it waits no longer. */
        ByteBuf frame;

        Waiting(Neighbor neighbor, RouterPort from, ByteBuf frame) {
            this.neighbor = neighbor;
            this.from = from;
            this.frame = frame;
        }
    }

    void await(Waiting next) {
        if (waiting == null) {
            waiting = new ArrayDeque<>(2);
        }
        waiting.add(next);
    }

    int waitingCount() {
        return waiting == null ? 0 : waiting.size();
    }

    /** The frame that has waited longest, or null. */
    Waiting pollWaiting() {
        return waiting == null ? null : waiting.poll();
    }

    /** Whether it is asked by ARP, not by neighbor discovery. */
    public boolean isIpv4() {
        return IpAddress.isIpv4(high(), low());
    }

    boolean isResolved() {
        return state != State.INCOMPLETE;
    }
}
