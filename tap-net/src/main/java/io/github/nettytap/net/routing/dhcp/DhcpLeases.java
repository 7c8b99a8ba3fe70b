/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Which client has which address, and until when. A client that comes back gets what it had, if that is still free.
 *
 * <pre>
 *             offer            request
 *   FREE ───────────► OFFERED ─────────► LEASED ──┐ release, or its time is over
 *                      │   ▲               ▲      │
 *        60 s, or      │   │ offer         │      │        declined: somebody else answers for it
 *        none is left  ▼   │               │      ▼
 *                      OVER ───────────────┴── (the client may come back)      DECLINED ──10 min──► OVER
 * </pre>
 *
 * <p>Places of one state are a list, in the order of their ends, since all of a state last equally long: every step
 * takes the head of a list. When no address is free, an offer that was not taken yet goes on to the next who asks, the
 * oldest first; who asks for it all the same has it, if nobody was faster.
 */
final class DhcpLeases {

    static final long OFFER_MILLIS = 60_000;
    private static final long DECLINED_MILLIS = 600_000;
    private static final int NOTHING = -1;

    private final DhcpPool pool;
    private final LongSupplier clock;
    private final long leaseMillis;
    private final Listener listener;
    private final State[] states;
    private final ClientId[] clients;
    private final long[] ends;
    private final int[] nexts;
    private final int[] previous;
    private final int[] firsts = new int[State.values().length];
    private final int[] lasts = new int[State.values().length];
    private final Map<ClientId, Integer> places = new HashMap<>();
    /** Written by one thread, read by any. */
    private volatile int leased;

    enum State {
        FREE,
        OFFERED,
        LEASED,
        OVER,
        DECLINED,
        /** Set aside for a client that is configured. */
        FIXED
    }

    /** Hears of leases that begin, are renewed, or end before their time. */
    interface Listener {
        /** The client has the address for so long from now on; 0 if not any more. */
        void leased(int address, ClientId client, long millis);
    }

    DhcpLeases(DhcpPool pool, LongSupplier clock, Listener listener) {
        this.pool = pool;
        this.clock = clock;
        this.listener = listener;
        leaseMillis = pool.leaseTime().toMillis();
        int size = pool.size();
        states = new State[size];
        clients = new ClientId[size];
        ends = new long[size];
        nexts = new int[size];
        previous = new int[size];
        Arrays.fill(firsts, NOTHING);
        Arrays.fill(lasts, NOTHING);
        for (int place = 0; place < size; place++) {
            append(place, pool.isFixed(pool.firstBits() + place) ? State.FIXED : State.FREE);
        }
    }

    /** How many addresses are leased. */
    int leased() {
        return leased;
    }

    private void append(int place, State state) {
        int list = state.ordinal();
        states[place] = state;
        nexts[place] = NOTHING;
        previous[place] = lasts[list];
        if (lasts[list] == NOTHING) {
            firsts[list] = place;
        } else {
            nexts[lasts[list]] = place;
        }
        lasts[list] = place;
        leased = leased + (state == State.LEASED ? 1 : 0);
    }

    private void unlink(int place) {
        int list = states[place].ordinal();
        if (previous[place] == NOTHING) {
            firsts[list] = nexts[place];
        } else {
            nexts[previous[place]] = nexts[place];
        }
        if (nexts[place] == NOTHING) {
            lasts[list] = previous[place];
        } else {
            previous[nexts[place]] = previous[place];
        }
        leased = leased - (states[place] == State.LEASED ? 1 : 0);
    }

    private int first(State state) {
        return firsts[state.ordinal()];
    }

    private void set(int place, State state, ClientId client, long millis) {
        unlink(place);
        append(place, state);
        ends[place] = clock.getAsLong() + millis;
        if (clients[place] != null && !clients[place].equals(client)) {
            places.remove(clients[place]);
        }
        clients[place] = client;
        if (client != null) {
            Integer had = places.put(client, place);
            if (had != null && had != place) {
                // The client has moved.
                clients[had] = null;
                unlink(had);
                append(had, State.FREE);
            }
        }
    }

    /** Moves what is over, at most two places a call, which is as many as a message takes away. */
    private void expire() {
        long now = clock.getAsLong();
        for (int i = 0; i < 2; i++) {
            expireFirst(State.OFFERED, now);
            expireFirst(State.LEASED, now);
            expireFirst(State.DECLINED, now);
        }
    }

    private void expireFirst(State state, long now) {
        int place = first(state);
        if (place != NOTHING && ends[place] <= now) {
            unlink(place);
            append(place, State.OVER);
        }
    }

    /** What is over counts as such, though it may still be in its list. */
    private State state(int place) {
        State state = states[place];
        boolean ends = state == State.OFFERED || state == State.LEASED || state == State.DECLINED;
        return ends && this.ends[place] <= clock.getAsLong() ? State.OVER : state;
    }

    /**
     * Sets an address aside for a client.
     *
     * @param wished an address that it would like, or 0
     * @return 0 if all are taken
     */
    int offer(ClientId client, int wished) {
        expire();
        Integer had = places.get(client);
        int place = had != null ? had : isFree(wished) ? wished - pool.firstBits() : findFree();
        if (place == NOTHING) {
            return 0;
        }
        if (had == null || state(place) != State.LEASED) {
            set(place, State.OFFERED, client, OFFER_MILLIS);
        }
        return pool.firstBits() + place;
    }

    private boolean isFree(int address) {
        if (!pool.contains(address)) {
            return false;
        }
        State state = state(address - pool.firstBits());
        return state == State.FREE || state == State.OVER;
    }

    /**
     * One that nobody ever had, else the one that has been over for longest, else the offer that has waited for
     * longest.
     */
    private int findFree() {
        int place = first(State.FREE);
        if (place == NOTHING) {
            place = first(State.OVER);
        }
        return place == NOTHING ? first(State.OFFERED) : place;
    }

    /**
     * Leases an address to a client.
     *
     * @param isTaken whether the client says that it takes an offer of this server
     * @return false if it is somebody else's, or none of the pool
     */
    boolean lease(ClientId client, int address, boolean isTaken) {
        expire();
        if (!pool.contains(address)) {
            return false;
        }
        int place = address - pool.firstBits();
        State state = state(place);
        boolean isOwn = client.equals(clients[place]);
        boolean isLost = state == State.OFFERED && isTaken && findFree() == first(State.OFFERED);
        if (state == State.FIXED || state == State.DECLINED || !isOwn && !isFree(address) && !isLost) {
            return false;
        }
        set(place, State.LEASED, client, leaseMillis);
        listener.leased(address, client, leaseMillis);
        return true;
    }

    /**
     * A lease of an earlier run, which has so long to go; less than none if it is over.
     *
     * @return false if its address or its client has another by now
     */
    boolean restore(int address, ClientId client, long millis) {
        if (pool.contains(address) && states[address - pool.firstBits()] == State.FREE && !places.containsKey(client)) {
            int place = address - pool.firstBits();
            set(place, millis > 0 ? State.LEASED : State.OVER, client, Math.min(millis, leaseMillis));
            return true;
        }
        return false;
    }

    /** The address of the pool that the client has, or had last, or 0. */
    int addressOf(ClientId client) {
        Integer place = places.get(client);
        return place == null ? 0 : pool.firstBits() + place;
    }

    /** Whether the client has a lease that has not ended. */
    boolean isLeased(ClientId client) {
        Integer place = places.get(client);
        return place != null && state(place) == State.LEASED;
    }

    /** The client no longer wants the address. */
    void release(ClientId client, int address) {
        if (address != 0 && addressOf(client) == address) {
            end(address - pool.firstBits());
        }
    }

    /** The client has taken what another server has offered. */
    void withdraw(ClientId client) {
        Integer place = places.get(client);
        if (place != null) {
            end(place);
        }
    }

    private void end(int place) {
        boolean wasLeased = states[place] == State.LEASED;
        set(place, State.OVER, clients[place], 0);
        if (wasLeased) {
            listener.leased(pool.firstBits() + place, clients[place], 0);
        }
    }

    /** The client has found that somebody else uses the address that it has got. */
    void decline(ClientId client, int address) {
        if (address != 0 && addressOf(client) == address) {
            int place = address - pool.firstBits();
            boolean wasLeased = states[place] == State.LEASED;
            places.remove(client);
            clients[place] = null;
            set(place, State.DECLINED, null, DECLINED_MILLIS);
            if (wasLeased) {
                listener.leased(address, client, 0);
            }
        }
    }
}
