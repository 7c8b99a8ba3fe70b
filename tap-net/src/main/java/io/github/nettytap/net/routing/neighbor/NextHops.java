/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.net.routing.neighbor.Neighbor.State;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableCounter;
import io.netty.buffer.ByteBuf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The way to the next hop: its MAC address, asked for where it is not known, while the frames for it wait.
 *
 * <pre>
 *            packet                  answer                30 s           packet          5 s
 *   (none) ─────────► INCOMPLETE ─────────────► REACHABLE ──────► STALE ─────────► DELAY ─────► PROBE
 *     │                   │                         ▲               ▲                             │ │
 *     │                   └─► 3 questions           └───────────────┼──── answer ─────────────────┘ └─► 3 questions
 *     │                       without an answer:                    │                                   without an
 *     │                       the frames that waited are            │                                   answer: forgotten
 *     │                       unreachable                           │
 *     └─────────────────────────────────────────────────────────────┘
 *        question of the neighbor's own, with its MAC address
 * </pre>
 *
 * <p>RFC 4861, section 7.3, and the same for ARP (RFC 1122, section 2.3.2.1). Hints of upper layers, which a router
 * does not hear, are the only thing left out. In {@code STALE}, {@code DELAY} and {@code PROBE} packets go to the
 * address that is known.
 *
 * <p>Neighbors of a port and a version of IP have a budget: a flood on one link, or towards it, leaves all others
 * alone. On the link itself those that have answered the router stay, and a new one has as long to answer as a flood
 * needs to go through the budget. The frames that wait have a budget for each port as well, of which the oldest go
 * first.
 */
public final class NextHops {

    // RFC 4861, section 10: MAX_UNICAST_SOLICIT and MAX_MULTICAST_SOLICIT, RETRANS_TIMER, REACHABLE_TIME,
    // DELAY_FIRST_PROBE_TIME.
    private static final int MAX_SOLICITATIONS = 3;
    private static final long RETRANSMIT_MILLIS = 1_000;
    private static final long REACHABLE_MILLIS = 30_000;
    private static final long DELAY_MILLIS = 5_000;
    private static final long FORGET_MILLIS = 600_000;

    /** Of all ports; a table for sixteen floods. */
    public static final int CAPACITY = 65_536;

    /** Of each port and version of IP. */
    public static final int BUDGET = 4_096;

    private static final int WAITING_PER_NEIGHBOR = 32;

    private final FairTable<Neighbor> table = FairTable.<Neighbor>builder()
            .capacity(CAPACITY)
            .budget(BUDGET)
            .timer(new Timers())
            .evicted(this::dropWaiting)
            .build();
    private final Output output;
    private final LongSupplier clock;
    private final Events events;
    private WaitingFrames[] waiting = new WaitingFrames[8];

    /** The neighbor that the last packet went to, which is mostly that of the next one too. */
    private Neighbor last;

    /** What others do for the next hops. */
    public interface Events {
        /** Asks the neighbor for its MAC address: all hosts of the link, or only that of the address it had. */
        void solicit(Neighbor neighbor);

        /** The packet cannot be delivered. The frame is released afterwards. */
        void unreachable(ByteBuf frame, RouterPort from);
    }

    public NextHops(Output output, LongSupplier clock, Events events) {
        this.output = output;
        this.clock = clock;
        this.events = events;
    }

    private static long owner(RouterPort port, boolean isIpv4) {
        return port.number() * 2L + (isIpv4 ? 0 : 1);
    }

    private Neighbor find(RouterPort port, long high, long low) {
        Neighbor neighbor = last;
        if (neighbor != null
                && neighbor.low() == low
                && neighbor.high() == high
                && neighbor.port == port
                && neighbor.isInTable()) {
            return neighbor;
        }
        neighbor = table.find(port.number(), high, low);
        last = neighbor;
        return neighbor;
    }

    private Neighbor add(RouterPort port, long high, long low, long now) {
        Neighbor neighbor = new Neighbor(port, high, low);
        return table.add(neighbor, owner(port, neighbor.isIpv4()), now) ? neighbor : null;
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
        long now = clock.getAsLong();
        Neighbor neighbor = find(to, high, low);
        if (neighbor == null) {
            // Nobody would release what waits behind a port that is gone.
            neighbor = to.channel().isActive() ? add(to, high, low, now) : null;
            if (neighbor == null) {
                drop(frame, from);
                return;
            }
            await(frame, from, neighbor);
            solicit(neighbor, now);
            return;
        }
        table.touch(neighbor, now);
        switch (neighbor.state) {
            case INCOMPLETE -> await(frame, from, neighbor);
            case STALE, REACHABLE -> {
                if (neighbor.state == State.STALE || now - neighbor.reached > REACHABLE_MILLIS) {
                    neighbor.state = State.DELAY;
                    table.refresh(neighbor, now, now + DELAY_MILLIS);
                }
                send(frame, from, neighbor);
            }
            default -> send(frame, from, neighbor);
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
        if (neighbor.waitingCount() == WAITING_PER_NEIGHBOR) {
            WaitingFrames.drop(neighbor.pollWaiting());
        }
        Neighbor.Waiting next = new Neighbor.Waiting(neighbor, from, frame);
        neighbor.await(next);
        waiting(neighbor.port).add(next);
        output.take(frame);
    }

    private WaitingFrames waiting(RouterPort port) {
        int number = port.number();
        if (number >= waiting.length) {
            waiting = Arrays.copyOf(waiting, Math.max(number + 1, 2 * waiting.length));
        }
        if (waiting[number] == null) {
            waiting[number] = new WaitingFrames();
        }
        return waiting[number];
    }

    private static void drop(ByteBuf frame, RouterPort from) {
        frame.release();
        from.increment(RouterCounter.UNRESOLVED);
    }

    private void dropWaiting(Neighbor neighbor) {
        for (Neighbor.Waiting next = neighbor.pollWaiting(); next != null; next = neighbor.pollWaiting()) {
            WaitingFrames.drop(next);
        }
    }

    private void solicit(Neighbor neighbor, long now) {
        neighbor.solicitations++;
        table.refresh(neighbor, neighbor.used(), now + RETRANSMIT_MILLIS);
        events.solicit(neighbor);
    }

    /**
     * A host has asked for something and said what its MAC address is: RFC 4861, section 7.2.3. An answer to it is to
     * be expected, so it is remembered, if it is of this link.
     */
    void asked(RouterPort port, long high, long low, long mac) {
        Neighbor neighbor = find(port, high, low);
        if (neighbor == null) {
            boolean isIpv4 = IpAddress.isIpv4(high, low);
            if (isIpv4 ? port.addresses().isOnLink((int) low) : port.addresses().isOnLink(high, low)) {
                long now = clock.getAsLong();
                neighbor = add(port, high, low, now);
                if (neighbor != null) {
                    learn(neighbor, mac, State.STALE, now);
                }
            }
        } else if (neighbor.mac != mac) {
            learn(neighbor, mac, State.STALE, clock.getAsLong());
        }
    }

    /**
     * A host has advertised its MAC address: RFC 4861, section 7.2.5. Nobody is remembered for it who was not wanted.
     *
     * @param mac the address, or {@link Neighbor#UNKNOWN} if the message leaves it out
     * @param solicited whether it says that it answers the router
     * @param override whether it takes the place of an address that is known
     */
    void advertised(RouterPort port, long high, long low, long mac, boolean solicited, boolean override) {
        Neighbor neighbor = find(port, high, low);
        if (neighbor == null || mac == Neighbor.UNKNOWN && !neighbor.isResolved()) {
            return;
        }
        long now = clock.getAsLong();
        boolean isNew = mac != Neighbor.UNKNOWN && mac != neighbor.mac;
        if (isNew && neighbor.isResolved() && !override) {
            if (neighbor.state == State.REACHABLE) {
                neighbor.state = State.STALE;
            }
            return;
        }
        // Who answers without having been asked has shown nothing: the flag alone confirms no entry.
        if (solicited && neighbor.solicitations > 0) {
            learn(neighbor, isNew ? mac : neighbor.mac, State.REACHABLE, now);
        } else if (isNew) {
            learn(neighbor, mac, State.STALE, now);
        }
    }

    private void learn(Neighbor neighbor, long mac, State state, long now) {
        if (mac != neighbor.mac && neighbor.isResolved()) {
            // Another host, perhaps: what the one before has shown does not hold for it.
            table.unconfirm(neighbor);
        }
        neighbor.mac = mac;
        neighbor.state = state;
        neighbor.solicitations = 0;
        if (state == State.REACHABLE) {
            neighbor.reached = now;
            table.confirm(neighbor);
        }
        table.refresh(neighbor, neighbor.used(), neighbor.used() + FORGET_MILLIS);
        for (Neighbor.Waiting next = neighbor.pollWaiting(); next != null; next = neighbor.pollWaiting()) {
            ByteBuf frame = next.frame;
            next.frame = null;
            if (frame != null) {
                // Asks in its turn whether the address holds, if nobody has answered for it.
                send(frame, next.from, neighbor.port, neighbor.high(), neighbor.low());
            }
        }
    }

    /** To be called about once a second: asks again, gives up, forgets. */
    public void tick() {
        table.tick(clock.getAsLong());
    }

    private final class Timers implements FairTable.Timer<Neighbor> {
        @Override
        public long due(Neighbor neighbor, long now) {
            if (neighbor.state == State.DELAY) {
                neighbor.state = State.PROBE;
                neighbor.solicitations = 0;
            }
            if (neighbor.state == State.INCOMPLETE || neighbor.state == State.PROBE) {
                if (neighbor.solicitations == MAX_SOLICITATIONS) {
                    return FairTable.REMOVE;
                }
                neighbor.solicitations++;
                events.solicit(neighbor);
                return now + RETRANSMIT_MILLIS;
            }
            long forget = neighbor.used() + FORGET_MILLIS;
            return forget > now ? forget : FairTable.REMOVE;
        }

        @Override
        public void expired(Neighbor neighbor) {
            for (Neighbor.Waiting next = neighbor.pollWaiting(); next != null; next = neighbor.pollWaiting()) {
                if (next.frame != null) {
                    try {
                        events.unreachable(next.frame, next.from);
                    } finally {
                        WaitingFrames.drop(next);
                    }
                }
            }
        }
    }

    /** Releases what waits for hosts behind a port that is gone, and forgets them. */
    public void remove(RouterPort port) {
        table.removeOwner(owner(port, true), this::dropWaiting);
        table.removeOwner(owner(port, false), this::dropWaiting);
    }

    /**
     * Forgets what is known of the hosts of a link that is or was down. Who is still asked for is asked on: the news of
     * the link may come after the first packet for a host that is on it by now.
     */
    public void forget(RouterPort port) {
        List<Neighbor> known = new ArrayList<>();
        table.forEach(neighbor -> {
            if (neighbor.port == port && neighbor.isResolved()) {
                known.add(neighbor);
            }
        });
        known.forEach(table::remove);
    }

    /** How many neighbors are known or asked for. Any thread may ask. */
    public int size() {
        return table.size();
    }

    /** How often a neighbor was added, evicted, refused. Any thread may ask. */
    public long count(TableCounter counter) {
        return table.count(counter);
    }
}
