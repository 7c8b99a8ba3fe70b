/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.table.KeyedHash;

/**
 * How many MAC addresses may be behind a port: those that were admitted, and a look into the FDB for which of them are
 * there still.
 *
 * <p>The FDB forgets without telling anyone, so an address counts until somebody else wants its place; then, at most
 * once a tick, all that the FDB no longer finds here are struck off. Of the port's loop; allocates only then.
 */
public final class MacLimit {

    private final Fdb table;
    private final int port;
    private final int limit;

    /** Open addressing, at most half full, with a keyed hash; no address has the key 0. */
    private long[] admitted;

    private int count;
    private long struckOff = -1;

    /**
     * Makes an empty list.
     *
     * @param table the FDB
     * @param port the port
     * @param limit how many addresses, static ones not counted
     * @param statics the keys of the static ones
     */
    public MacLimit(Fdb table, int port, int limit, long... statics) {
        this.table = table;
        this.port = port;
        this.limit = limit + statics.length;
        admitted = new long[Integer.highestOneBit(this.limit) << 2];
        for (long key : statics) {
            admit(key, place(key));
        }
    }

    /**
     * Whether a frame with this source may come in.
     *
     * @param key the source and its VLAN
     * @param now the time in ticks
     * @return false for one address too many, and for a group or zero
     */
    public boolean admits(long key, long now) {
        if (MacAddress.isGroup(key) || Fdb.mac(key) == 0) {
            return false;
        }
        int place = place(key);
        if (admitted[place] == key) {
            return true;
        }
        if (count == limit) {
            if (now == struckOff) {
                return false;
            }
            strikeOff(now);
            if (count == limit) {
                return false;
            }
            place = place(key);
        }
        admit(key, place);
        return true;
    }

    private void admit(long key, int place) {
        if (admitted[place] != key) {
            admitted[place] = key;
            count++;
        }
    }

    private int place(long key) {
        int mask = admitted.length - 1;
        int place = (int) KeyedHash.ofProcess().hash(key) & mask;
        while (admitted[place] != 0 && admitted[place] != key) {
            place = place + 1 & mask;
        }
        return place;
    }

    private void strikeOff(long now) {
        struckOff = now;
        long[] before = admitted;
        admitted = new long[before.length];
        count = 0;
        for (long key : before) {
            if (key != 0 && table.find(key, now) == port) {
                admit(key, place(key));
            }
        }
    }
}
