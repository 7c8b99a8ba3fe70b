/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import io.github.nettytap.codec.wire.MacAddress;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongPredicate;

/**
 * Where stations are: a bounded table from a MAC address (and VLAN) to the port it was last heard on, for a switch whose
 * ports are served by several event loops.
 *
 * <pre>
 *  key    63    60 59        48 47                                      0
 *        +--------+------------+-----------------------------------------+
 *        |   0    |    VLAN    |               MAC address               |   0: empty, -1: being replaced
 *        +--------+------------+-----------------------------------------+
 *  entry  63        48 47    46 45                                      0
 *        +------------+--------+-----------------------------------------+
 *        |    port    |  kind  |    last seen, in the caller's ticks     |
 *        +------------+--------+-----------------------------------------+
 * </pre>
 *
 * <p>A station is learned, and then ages and may move to another port; or it is pinned ({@link Kind}), and does neither.
 *
 * <p>Set-associative: a key may be in one of the 8 places of the set that its hash selects. A new station takes an empty
 * place, else one that has aged out, else that of the station of its set that has been silent longest, but never that of
 * a pinned one; nothing is ever
 * moved, so no operation takes longer than one set. Nothing is allocated, no operation waits for another thread, and an
 * entry that would not change is not written, so that its cache line stays shared. With ticks of about a second that is
 * nearly every frame. Time comes from the caller; it must not be negative and needs no common origin with anything.
 *
 * <h2>Races, declared and benign</h2>
 *
 * <ul>
 *   <li>A place is claimed by compare-and-set of its key before its entry is written, and a reader checks the key again
 *       after it has read the entry: a key is never seen with the entry of another key.
 *   <li>Who fails to claim a place does not learn. The next frame of that station tries again.
 *   <li>Two loops that hear a new station at the same instant may enter it twice. The first place answers and is kept
 *       up to date; the other ages out. Should the first be replaced before that, the second may name a port that the
 *       station has left, until its next frame.
 *   <li>{@link #removePort} does not stop a loop that is learning that port at the same time; close the port first.
 * </ul>
 */
public final class Fdb {

    /** The answer of {@link #find} for a station that is not known. */
    public static final int NONE = -1;

    /** The largest port number. */
    public static final int MAX_PORT = 0xffff;

    private static final int WAYS = 8;
    private static final long EMPTY = 0;
    private static final long CLAIMED = -1;
    private static final int TIME_BITS = 46;
    private static final long TIME_MASK = (1L << TIME_BITS) - 1;
    private static final int PORT_SHIFT = 48;
    private static final long PINNED = 3L << TIME_BITS;
    private static final Kind[] KINDS = Kind.values();
    private static final long MAC_MASK = 0xffff_ffff_ffffL;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] keys;
    private final long[] entries;
    private final int setShift;
    private final long maxAge;

    /**
     * Makes an empty table.
     *
     * @param capacity how many stations it holds, rounded up to a power of two of at least 16
     * @param maxAge after how many ticks of silence a station is forgotten
     */
    public Fdb(int capacity, long maxAge) {
        if (capacity < 1 || capacity > 1 << 28) {
            throw new IllegalArgumentException("MAC table: capacity=" + capacity + " (expected: 1 to 268435456)");
        }
        if (maxAge < 1 || maxAge > TIME_MASK) {
            throw new IllegalArgumentException("MAC table: maxAge=" + maxAge + " (expected: 1 to " + TIME_MASK + ")");
        }
        int size = Integer.highestOneBit(Math.max(capacity, 2 * WAYS) * 2 - 1);
        keys = new long[size];
        entries = new long[size];
        setShift = Long.SIZE - Integer.numberOfTrailingZeros(size / WAYS);
        this.maxAge = maxAge;
    }

    /**
     * The key of a station.
     *
     * @param mac the 48-bit address, as {@link MacAddress#read} returns it
     * @param vlan the VLAN, 0 where there are none
     */
    public static long key(long mac, int vlan) {
        return (long) vlan << 48 | mac;
    }

    /** The 48-bit address in a key. */
    public static long mac(long key) {
        return key & MAC_MASK;
    }

    /** The VLAN in a key. */
    public static int vlan(long key) {
        return (int) (key >>> 48);
    }

    /** How many stations the table can hold. */
    public int capacity() {
        return keys.length;
    }

    /**
     * Notes that a frame of a station came in through a port. A station that has moved is found at its new port from
     * here on. Group addresses and the zero address, which no station may send from, are ignored.
     *
     * @param key the source of the frame
     * @param port the ingress port, 0 to {@link #MAX_PORT}
     * @param now the time in ticks
     * @return what is known of the station now
     */
    public LearnResult learn(long key, int port, long now) {
        return learn(key, entry(port, Kind.LEARNED, now));
    }

    /**
     * Notes that a station is behind a port and stays there, unless it is pinned as firmly to another port already.
     *
     * @param key its address and VLAN
     * @param port the port, 0 to {@link #MAX_PORT}
     * @param kind {@link Kind#STICKY} or {@link Kind#STATIC}
     * @param now the time in ticks
     * @return what is known of the station now
     */
    public LearnResult pin(long key, int port, Kind kind, long now) {
        return learn(key, entry(port, kind, now));
    }

    private LearnResult learn(long key, long updated) {
        if (MacAddress.isGroup(key) || mac(key) == 0) {
            return LearnResult.IGNORED;
        }
        int first = firstOfSet(key);
        for (int i = first; i < first + WAYS; i++) {
            if ((long) LONGS.getAcquire(keys, i) == key) {
                return refresh(i, key, updated);
            }
        }
        return insert(first, key, updated) ? LearnResult.NEW : LearnResult.IGNORED;
    }

    private LearnResult refresh(int i, long key, long updated) {
        long entry = (long) LONGS.getAcquire(entries, i);
        if (entry == updated) {
            return LearnResult.KNOWN;
        }
        if ((long) LONGS.getAcquire(keys, i) != key) {
            return LearnResult.IGNORED;
        }
        int port = port(updated);
        if (isPinned(entry) && (entry & PINNED) >= (updated & PINNED)) {
            return port(entry) == port ? LearnResult.KNOWN : LearnResult.HELD;
        }
        // A plain store could overwrite the entry of a station that has replaced this one in the meantime.
        boolean done = LONGS.compareAndSet(entries, i, entry, updated);
        return done && port(entry) != port ? LearnResult.MOVED : LearnResult.KNOWN;
    }

    private boolean insert(int first, long key, long updated) {
        int place = first;
        long placeKey = CLAIMED;
        long placeTime = Long.MAX_VALUE;
        for (int i = first; i < first + WAYS; i++) {
            long candidate = (long) LONGS.getAcquire(keys, i);
            if (candidate == CLAIMED) {
                continue;
            }
            long entry = (long) LONGS.getAcquire(entries, i);
            if (candidate != EMPTY && isPinned(entry)) {
                continue;
            }
            long time = candidate == EMPTY ? -1 : time(entry);
            if (time < placeTime) {
                place = i;
                placeKey = candidate;
                placeTime = time;
            }
        }
        if (placeKey == CLAIMED || !LONGS.compareAndSet(keys, place, placeKey, CLAIMED)) {
            return false;
        }
        LONGS.setRelease(entries, place, updated);
        LONGS.setRelease(keys, place, key);
        return true;
    }

    /**
     * Finds the port of a station.
     *
     * @param key the destination of a frame
     * @param now the time in ticks
     * @return the port, or {@link #NONE} if the station was never heard, is forgotten or is a group
     */
    public int find(long key, long now) {
        int first = firstOfSet(key);
        for (int i = first; i < first + WAYS; i++) {
            if ((long) LONGS.getAcquire(keys, i) == key) {
                long entry = (long) LONGS.getAcquire(entries, i);
                boolean valid = (long) LONGS.getAcquire(keys, i) == key && key != EMPTY;
                return valid && isYoung(entry, now) ? port(entry) : NONE;
            }
        }
        return NONE;
    }

    /** Forgets all stations that were heard, the sticky ones too; the static ones stay. */
    public void clear() {
        removeIf(entry -> kind(entry) != Kind.STATIC);
    }

    /** Forgets all stations behind a port, but the static ones. */
    public void clear(int port) {
        removeIf(entry -> port(entry) == port && kind(entry) != Kind.STATIC);
    }

    /** Forgets all stations behind a port, the static ones too. */
    public void removePort(int port) {
        removeIf(entry -> port(entry) == port);
    }

    private void removeIf(LongPredicate condition) {
        for (int i = 0; i < keys.length; i++) {
            long key = (long) LONGS.getAcquire(keys, i);
            if (isStation(key) && condition.test((long) LONGS.getAcquire(entries, i))) {
                LONGS.compareAndSet(keys, i, key, EMPTY);
            }
        }
    }

    /** Counts the stations that are not forgotten. Walks the whole table. */
    public int count(long now) {
        int[] count = new int[1];
        forEach(now, (key, port, kind, age) -> count[0]++);
        return count[0];
    }

    /** Shows the stations that are not forgotten, in no order. Walks the whole table; stations may come and go. */
    public void forEach(long now, Visitor visitor) {
        for (int i = 0; i < keys.length; i++) {
            long key = (long) LONGS.getAcquire(keys, i);
            long entry = (long) LONGS.getAcquire(entries, i);
            if (isStation(key) && (long) LONGS.getAcquire(keys, i) == key && isYoung(entry, now)) {
                visitor.station(key, port(entry), kind(entry), Math.max(0, now - time(entry)));
            }
        }
    }

    /** Receives what {@link #forEach} finds. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * One station.
         *
         * @param key its address and VLAN
         * @param port where it is
         * @param kind whether it ages and moves
         * @param age how many ticks ago it was heard, or pinned
         */
        void station(long key, int port, Kind kind, long age);
    }

    /** How firmly a station is at its port, the firmest last. */
    public enum Kind {
        /** It ages, and moves when it is heard elsewhere. */
        LEARNED,
        /** It was heard, and stays until the table is cleared. */
        STICKY,
        /** It was set, and stays as long as the port. */
        STATIC
    }

    /** What came of a frame's source. */
    public enum LearnResult {
        /** The station is where it was. */
        KNOWN,
        /** The station was not known. */
        NEW,
        /** The station was known at another port. */
        MOVED,
        /** The station is pinned to another port, and is known there still. */
        HELD,
        /** Not an address of a station, or there was no place for it now. */
        IGNORED
    }

    private int firstOfSet(long key) {
        // The golden ratio spreads neighboring addresses, and its high bits depend on all bits of the key.
        return (int) ((key * 0x9e37_79b9_7f4a_7c15L) >>> setShift) * WAYS;
    }

    private boolean isYoung(long entry, long now) {
        return now - time(entry) <= maxAge || isPinned(entry);
    }

    private static boolean isStation(long key) {
        return key != EMPTY && key != CLAIMED;
    }

    private static long entry(int port, Kind kind, long now) {
        return (long) port << PORT_SHIFT | (long) kind.ordinal() << TIME_BITS | now & TIME_MASK;
    }

    private static int port(long entry) {
        return (int) (entry >>> PORT_SHIFT);
    }

    private static boolean isPinned(long entry) {
        return (entry & PINNED) != 0;
    }

    private static Kind kind(long entry) {
        return KINDS[(int) ((entry & PINNED) >>> TIME_BITS)];
    }

    private static long time(long entry) {
        return entry & TIME_MASK;
    }
}
