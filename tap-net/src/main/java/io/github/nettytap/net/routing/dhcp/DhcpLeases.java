/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.codec.wire.MacAddress;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Which client has which address, and until when. A client that comes back gets what it had, if that is still free. */
final class DhcpLeases {

    static final int LEASE_SECONDS = 3_600;

    private static final long OFFER_MILLIS = 60_000;
    private static final long DECLINED_MILLIS = 600_000;

    /** Nobody's MAC address: somebody else uses the address. */
    private static final long DECLINED = MacAddress.BROADCAST.value();

    private final DhcpPool pool;
    private final LongSupplier clock;
    private final long[] clients;
    private final long[] ends;
    private final Map<Long, Integer> places = new HashMap<>();

    DhcpLeases(DhcpPool pool, LongSupplier clock) {
        this.pool = pool;
        this.clock = clock;
        clients = new long[pool.size()];
        ends = new long[pool.size()];
    }

    /**
     * Sets an address aside for a client.
     *
     * @param wished an address that it would like, or 0
     * @return 0 if all are taken
     */
    int offer(long client, int wished) {
        Integer had = places.get(client);
        int place = had != null ? had : isFree(wished, client) ? wished - pool.firstBits() : findFree();
        if (place < 0) {
            return 0;
        }
        long now = clock.getAsLong();
        long end = clients[place] == client ? Math.max(ends[place], now + OFFER_MILLIS) : now + OFFER_MILLIS;
        take(place, client, end);
        return pool.firstBits() + place;
    }

    /** Leases an address to a client; false if it is somebody else's, or none of the pool. */
    boolean lease(long client, int address) {
        if (!isFree(address, client)) {
            return false;
        }
        take(address - pool.firstBits(), client, clock.getAsLong() + LEASE_SECONDS * 1_000L);
        return true;
    }

    /** The client no longer wants the address. */
    void release(long client, int address) {
        Integer place = places.get(client);
        if (place != null && pool.firstBits() + place == address) {
            ends[place] = clock.getAsLong();
        }
    }

    /** The client has taken what another server has offered. */
    void withdraw(long client) {
        Integer place = places.get(client);
        if (place != null) {
            ends[place] = clock.getAsLong();
        }
    }

    /** The client has found that somebody else uses the address that it has got. */
    void decline(long client, int address) {
        Integer place = places.get(client);
        if (place != null && pool.firstBits() + place == address) {
            take(place, DECLINED, clock.getAsLong() + DECLINED_MILLIS);
        }
    }

    private void take(int place, long client, long end) {
        places.remove(clients[place], place);
        Integer had = client == DECLINED ? null : places.put(client, place);
        if (had != null && had != place) {
            ends[had] = 0;
            clients[had] = 0;
        }
        clients[place] = client;
        ends[place] = end;
    }

    private boolean isFree(int address, long client) {
        if (!pool.contains(address)) {
            return false;
        }
        int place = address - pool.firstBits();
        return clients[place] == client || isOver(place);
    }

    private boolean isOver(int place) {
        return ends[place] <= clock.getAsLong();
    }

    /** One that nobody ever had, else one whose lease is over. */
    private int findFree() {
        int free = -1;
        for (int place = 0; place < clients.length; place++) {
            if (clients[place] == 0) {
                return place;
            }
            if (free < 0 && isOver(place)) {
                free = place;
            }
        }
        return free;
    }
}
