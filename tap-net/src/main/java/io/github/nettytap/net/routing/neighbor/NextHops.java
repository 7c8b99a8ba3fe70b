/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The way to the next hop: its MAC address, asked for where it is not known, while the frames for it wait.
 *
 * <pre>
 *            first packet             heard                  silent for 30 s, and used
 *   (none) ───────────────► asking ──────────► reachable ────────────────────────────► asking again
 *      ▲                      │                  ▲   │ unused for 10 min                 │        │
 *      └──────────────────────┴──────────────────┼───┘                          heard    │        │
 *      3 questions without an answer:            └───────────────────────────────────────┘        │
 *      the packets that waited are unreachable   ◄────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>This is RFC 4861, section 7.3, without the states that rest on hints of TCP, and the same for ARP (RFC 1122, section
 * 2.3.2.1). While it asks again, packets go to the address it knows.
 */
public final class NextHops {

    // RFC 4861, section 10: MAX_UNICAST_SOLICIT and MAX_MULTICAST_SOLICIT, RETRANS_TIMER, REACHABLE_TIME.
    private static final int MAX_SOLICITATIONS = 3;
    private static final long RETRANSMIT_MILLIS = 1_000;
    private static final long REACHABLE_MILLIS = 30_000;
    private static final long FORGET_MILLIS = 600_000;

    private static final int CAPACITY = 8192;
    private static final int WAITING_PER_NEIGHBOR = 32;
    private static final int WAITING = 1024;

    private final NeighborTable table = new NeighborTable(CAPACITY);
    private final Output output;
    private final LongSupplier clock;
    private final Events events;
    private final List<Neighbor> silent = new ArrayList<>();
    private int waiting;

    /** What others do for the next hops. */
    public interface Events {
        /** Asks the neighbor for its MAC address: all stations, or only that of the address it had. */
        void solicit(Neighbor neighbor);

        /** The packet cannot be delivered. The frame is released afterwards. */
        void unreachable(ByteBuf frame, RouterPort from);
    }

    public NextHops(Output output, LongSupplier clock, Events events) {
        this.output = output;
        this.clock = clock;
        this.events = events;
    }

    /**
     * Sends a frame to a next hop, or lets it wait.
     *
     * @param frame owned by this method
     * @param from the port that counts what happens
     * @param to the port of the next hop
     * @param high the upper half of its address
     * @param low the lower half
     */
    public void send(ByteBuf frame, RouterPort from, RouterPort to, long high, long low) {
        Neighbor neighbor = table.find(to, high, low);
        if (neighbor == null) {
            // Nobody would release what waits behind a port that is gone.
            if (table.isFull() || !to.channel().isActive()) {
                drop(frame, from);
                return;
            }
            neighbor = table.add(to, high, low);
        }
        long now = clock.getAsLong();
        neighbor.used = now;
        if (neighbor.isResolved()) {
            send(frame, from, neighbor);
            if (now - neighbor.confirmed > REACHABLE_MILLIS && neighbor.solicitations == 0) {
                solicit(neighbor, now);
            }
        } else {
            await(frame, from, neighbor);
            if (neighbor.solicitations == 0) {
                solicit(neighbor, now);
            }
        }
    }

    private void send(ByteBuf frame, RouterPort from, Neighbor neighbor) {
        int ethernet = frame.readerIndex() + output.vnetHeaderSize();
        EthernetHeader.destination(frame, ethernet, neighbor.mac);
        EthernetHeader.source(frame, ethernet, neighbor.port.mac());
        output.send(frame, from, neighbor.port);
    }

    /** The newest packets are kept: what has waited longest is the least likely to be still wanted. */
    private void await(ByteBuf frame, RouterPort from, Neighbor neighbor) {
        if (waiting == WAITING && neighbor.waiting().isEmpty()) {
            drop(frame, from);
            return;
        }
        if (neighbor.waiting().size() == WAITING_PER_NEIGHBOR || waiting == WAITING) {
            Neighbor.Waiting oldest = neighbor.waiting().remove();
            waiting--;
            drop(oldest.frame(), oldest.from());
        }
        neighbor.waiting().add(new Neighbor.Waiting(frame, from));
        output.take(frame);
        waiting++;
    }

    private static void drop(ByteBuf frame, RouterPort from) {
        frame.release();
        from.increment(RouterCounter.UNRESOLVED);
    }

    private void solicit(Neighbor neighbor, long now) {
        neighbor.solicitations++;
        neighbor.solicited = now;
        events.solicit(neighbor);
    }

    /**
     * Notes what a station said of itself, if the router wants to know it.
     *
     * @param isQuestion whether it asked the router for something, so that an answer to it is to be expected
     * @param confirms whether it answered the router, which proves that packets reach it
     */
    void heard(RouterPort port, long high, long low, long mac, boolean isQuestion, boolean confirms) {
        Neighbor neighbor = table.find(port, high, low);
        long now = clock.getAsLong();
        if (neighbor == null) {
            if (!isQuestion || table.isFull()) {
                return;
            }
            neighbor = table.add(port, high, low);
            neighbor.used = now;
        }
        boolean isKnown = neighbor.mac == mac;
        neighbor.mac = mac;
        if (confirms || !isKnown) {
            neighbor.confirmed = confirms ? now : now - REACHABLE_MILLIS;
            neighbor.solicitations = 0;
        }
        for (Neighbor.Waiting next = neighbor.waiting().poll();
                next != null;
                next = neighbor.waiting().poll()) {
            waiting--;
            send(next.frame(), next.from(), neighbor);
        }
    }

    /** To be called every now and then, at least once a second: asks again, gives up, forgets. */
    public void tick() {
        long now = clock.getAsLong();
        table.removeIf(neighbor -> isOver(neighbor, now));
        // An error is a packet with a next hop of its own, which the walk through the table must not add to it.
        silent.forEach(this::giveUp);
        silent.clear();
    }

    private boolean isOver(Neighbor neighbor, long now) {
        if (neighbor.solicitations > 0 && now - neighbor.solicited >= RETRANSMIT_MILLIS) {
            if (neighbor.solicitations < MAX_SOLICITATIONS) {
                solicit(neighbor, now);
                return false;
            }
            silent.add(neighbor);
            return true;
        }
        return neighbor.isResolved() && neighbor.solicitations == 0 && now - neighbor.used > FORGET_MILLIS;
    }

    private void giveUp(Neighbor neighbor) {
        for (Neighbor.Waiting next = neighbor.waiting().poll();
                next != null;
                next = neighbor.waiting().poll()) {
            waiting--;
            try {
                events.unreachable(next.frame(), next.from());
            } finally {
                drop(next.frame(), next.from());
            }
        }
    }

    /** Releases what waits for stations behind a port that is gone. */
    public void remove(RouterPort port) {
        table.removeIf(neighbor -> {
            for (Neighbor.Waiting next : neighbor.waiting()) {
                if (neighbor.port == port) {
                    waiting--;
                    drop(next.frame(), next.from());
                }
            }
            return neighbor.port == port;
        });
    }

    /** How many neighbors are known or asked for. */
    int size() {
        return table.size();
    }
}
