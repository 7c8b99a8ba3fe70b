/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.fdb;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.table.KeyedHash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.function.LongPredicate;

/**
 * The forwarding database: a bounded table from a MAC address (and VLAN) to the port it was last heard on, for a switch
 * whose ports are served by several event loops.
 *
 * <pre>
 *  key    63    60 59        48 47                                      0
 *        +--------+------------+-----------------------------------------+
 *        |   0    |    VLAN    |               MAC address               |   0: empty, -1: being replaced
 *        +--------+------------+-----------------------------------------+
 *  entry  63        48 47    46   45   44                               0
 *        +------------+--------+------+----------------------------------+
 *        |    port    |  kind  | used |  last seen, in the caller's ticks |
 *        +------------+--------+------+----------------------------------+
 * </pre>
 *
 * <p>An address is learned, and then ages and may move to another port; or it is pinned ({@link Kind}), and does
 * neither.
 *
 * <p>Set-associative: a key may be in one of the 8 places of the set that its hash selects. Nothing is ever moved, so
 * no operation takes longer than two sets. Nothing is allocated, no operation waits for another thread, and an entry
 * that would not change is not written, so that its cache line stays shared: with ticks of a second that is nearly
 * every frame. Time comes from the caller; it must not be negative and needs no common origin with anything.
 *
 * <h2>A full set: who has to go</h2>
 *
 * <p>The hash is keyed with a secret of the process, so nobody chooses which addresses share a set. A port's share of
 * the table is its capacity divided by the number of ports that have entries; a port may have more while nobody else
 * wants the room. An entry is in use once a frame from another port was addressed to it: addresses that somebody makes
 * up never are. A new address takes an empty place, else one that has aged out, else it replaces, the longest silent
 * first:
 *
 * <ol>
 *   <li>what is not in use, of any port that is above its share;
 *   <li>what is in use of its own port, if that is above its share;
 *   <li>what is not in use of its own port;
 *   <li>what is in use of other ports above their share;
 *   <li>if its port is within its share: what is not in use of any port, what is in use of its own, then of any.
 * </ol>
 *
 * <p>So a port that fills the table takes only what is free, and hosts behind other ports keep their entries and find
 * room for new ones. An address for which there is no place is not learned: frames to it are flooded. {@link
 * FdbCounters} says how often each happens.
 *
 * <h2>Races, declared and benign</h2>
 *
 * <ul>
 *   <li>A place is claimed by compare-and-set of its key before its entry is written, and a reader checks the key again
 *       after it has read the entry: a key is never seen with the entry of another key.
 *   <li>Who fails to claim a place does not learn. The next frame from that address tries again.
 *   <li>Two loops that hear a new address at the same instant may enter it twice. The first place answers and is kept
 *       up to date; the other ages out. Should the first be replaced before that, the second may name a port that the
 *       host has left, until its next frame.
 *   <li>{@link #removePort} does not stop a loop that is learning that port at the same time; close the port first.
 * </ul>
 */
public final class Fdb {

    /** The answer of {@link #find} for an address that is not known. */
    public static final int NONE = -1;

    /** The largest port number. */
    public static final int MAX_PORT = 0xffff;

    /** The largest capacity: 256 MiB of memory. */
    public static final int MAX_CAPACITY = 1 << 24;

    /** What a place costs in memory, in bytes. */
    static final int PLACE_BYTES = 16;

    private static final int WAYS = 8;
    private static final long EMPTY = 0;
    private static final long CLAIMED = -1;

    /** The entry of a place that was given up: of no port and kind, so that who still looks at it cannot write it. */
    private static final long FREE = -1;

    private static final int TIME_BITS = 45;
    private static final long TIME_MASK = (1L << TIME_BITS) - 1;
    private static final long IN_USE = 1L << TIME_BITS;
    private static final int KIND_SHIFT = 46;
    private static final int PORT_SHIFT = 48;
    private static final long PINNED = 3L << KIND_SHIFT;
    private static final Kind[] KINDS = Kind.values();
    private static final long MAC_MASK = 0xffff_ffff_ffffL;

    /** In the order in which places are given up; a place that is not, has no rank below this. */
    private static final int NEVER = 9;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final KeyedHash hash;
    private final long[] keys;
    private final long[] entries;
    private final int setMask;
    private final long maxAge;
    private final PortCounts ports = new PortCounts();
    private final FdbCounters counters = new FdbCounters();

    /** The set that is looked through next for what has aged out. Approximate: loops share it without care. */
    private int hand;

    /**
     * Makes an empty table.
     *
     * @param capacity how many addresses it holds, rounded up to a power of two of at least 16
     * @param maxAge after how many ticks of silence an address is forgotten
     * @throws IllegalArgumentException if a number is out of range, or the table would take more than half of the heap
     */
    public Fdb(int capacity, long maxAge) {
        this(capacity, maxAge, KeyedHash.ofProcess());
    }

    Fdb(int capacity, long maxAge, KeyedHash hash) {
        checkCapacity(capacity);
        if (maxAge < 1 || maxAge > TIME_MASK) {
            throw new IllegalArgumentException("FDB: maxAge=" + maxAge + " (expected: 1 to " + TIME_MASK + ")");
        }
        this.hash = Objects.requireNonNull(hash, "hash");
        int size = Integer.highestOneBit(Math.max(capacity, 2 * WAYS) * 2 - 1);
        keys = new long[size];
        entries = new long[size];
        setMask = size / WAYS - 1;
        this.maxAge = maxAge;
    }

    /**
     * Checks that a table of this capacity can be made.
     *
     * @param capacity how many addresses it is to hold
     * @throws IllegalArgumentException if it is out of range, or would take more than half of the heap
     */
    public static void checkCapacity(int capacity) {
        checkCapacity(capacity, Runtime.getRuntime().maxMemory());
    }

    static void checkCapacity(int capacity, long heap) {
        if (capacity < 1 || capacity > MAX_CAPACITY) {
            throw new IllegalArgumentException("FDB: capacity=" + capacity + " (expected: 1 to " + MAX_CAPACITY + ")");
        }
        long rounded = Integer.highestOneBit(capacity * 2 - 1);
        if (rounded * PLACE_BYTES > heap / 2) {
            throw new IllegalArgumentException("FDB: capacity=" + capacity + " takes " + (rounded * PLACE_BYTES >> 20)
                    + " MiB of a heap of " + (heap >> 20) + " MiB (expected: at most "
                    + Long.highestOneBit(heap / 2 / PLACE_BYTES) + ", or a larger heap, as by -Xmx)");
        }
    }

    /**
     * The key of an address in a VLAN.
     *
     * @param mac the 48-bit address, as {@link MacAddress#read} returns it
     * @param vlan the VLAN, 0 where there are none
     * @return the key
     */
    public static long key(long mac, int vlan) {
        return (long) vlan << 48 | mac;
    }

    /**
     * The 48-bit address in a key.
     *
     * @param key a key
     * @return the address
     */
    public static long mac(long key) {
        return key & MAC_MASK;
    }

    /**
     * The VLAN in a key.
     *
     * @param key a key
     * @return the VLAN, 0 where there are none
     */
    public static int vlan(long key) {
        return (int) (key >>> 48);
    }

    /**
     * How many addresses the table can hold.
     *
     * @return the number of its places
     */
    public int capacity() {
        return keys.length;
    }

    /**
     * What has happened to the table.
     *
     * @return live counters
     */
    public FdbCounters counters() {
        return counters;
    }

    /**
     * How many places a port has, those included that have aged out and were not needed since.
     *
     * @param port the port
     * @return the number, which may be out of date at once
     */
    public int size(int port) {
        return ports.get(port);
    }

    /**
     * Notes that a frame from an address came in through a port. An address that has moved is found at its new port
     * from here on. Group addresses and the zero address, which no frame may come from, are not learned.
     *
     * @param key the source of the frame
     * @param port the ingress port, 0 to {@link #MAX_PORT}
     * @param now the time in ticks
     * @return what is known of the address now
     */
    public LearnResult learn(long key, int port, long now) {
        return learn(key, entry(port, Kind.LEARNED, now), now);
    }

    /**
     * Notes that an address is behind a port and stays there, unless it is pinned as firmly to another port already. A
     * port above its share of the table pins nothing more: what would be {@link Kind#STICKY} is learned.
     *
     * @param key the address and VLAN
     * @param port the port, 0 to {@link #MAX_PORT}
     * @param kind {@link Kind#STICKY} or {@link Kind#STATIC}
     * @param now the time in ticks
     * @return what is known of the address now
     */
    public LearnResult pin(long key, int port, Kind kind, long now) {
        boolean pins = kind == Kind.STATIC || !isAboveShare(port);
        return learn(key, entry(port, pins ? kind : Kind.LEARNED, now), now);
    }

    private LearnResult learn(long key, long updated, long now) {
        if (MacAddress.isGroup(key) || mac(key) == 0) {
            return LearnResult.INVALID;
        }
        int first = firstOfSet(key);
        for (int i = first; i < first + WAYS; i++) {
            if ((long) LONGS.getAcquire(keys, i) == key) {
                return refresh(i, key, updated);
            }
        }
        return insert(first, key, updated, now) ? LearnResult.NEW : LearnResult.NO_ROOM;
    }

    private LearnResult refresh(int i, long key, long updated) {
        long entry = (long) LONGS.getAcquire(entries, i);
        int port = port(updated);
        int before = port(entry);
        if (before == port) {
            updated |= entry & IN_USE;
        }
        if (entry == updated) {
            return LearnResult.KNOWN;
        }
        if (entry == FREE || (long) LONGS.getAcquire(keys, i) != key) {
            return LearnResult.NO_ROOM;
        }
        if (isPinned(entry) && (entry & PINNED) >= (updated & PINNED)) {
            return before == port ? LearnResult.KNOWN : LearnResult.HELD;
        }
        // A plain store could overwrite the entry of an address that has replaced this one in the meantime.
        if (!LONGS.compareAndSet(entries, i, entry, updated) || before == port) {
            return LearnResult.KNOWN;
        }
        ports.add(before, -1);
        ports.add(port, 1);
        counters.moved.increment();
        return LearnResult.MOVED;
    }

    private boolean insert(int first, long key, long updated, long now) {
        sweep(now);
        int port = port(updated);
        boolean aboveShare = isAboveShare(port);
        int place = first;
        long placeKey = CLAIMED;
        int placeRank = NEVER;
        long placeTime = 0;
        for (int i = first; i < first + WAYS; i++) {
            long candidate = (long) LONGS.getAcquire(keys, i);
            if (candidate == CLAIMED) {
                continue;
            }
            long entry = (long) LONGS.getAcquire(entries, i);
            int rank = candidate == EMPTY ? 0 : rank(entry, port, aboveShare, now);
            if (rank < placeRank || rank == placeRank && rank < NEVER && time(entry) < placeTime) {
                place = i;
                placeKey = candidate;
                placeRank = rank;
                placeTime = time(entry);
            }
        }
        if (placeRank == NEVER || !LONGS.compareAndSet(keys, place, placeKey, CLAIMED)) {
            counters.refused.increment();
            return false;
        }
        // Whoever refreshes the address that had this place either came before, or fails.
        long replaced = (long) LONGS.getAndSet(entries, place, updated);
        if (placeKey != EMPTY) {
            ports.add(port(replaced), -1);
            counters.countReplaced(placeRank == 1, port(replaced) == port);
        }
        ports.add(port, 1);
        LONGS.setRelease(keys, place, key);
        counters.added.increment();
        return true;
    }

    /** See the class comment; 0 is an empty place. */
    private int rank(long entry, int port, boolean aboveShare, long now) {
        if (isPinned(entry)) {
            return NEVER;
        }
        if (!isYoung(entry, now)) {
            return 1;
        }
        boolean inUse = (entry & IN_USE) != 0;
        if (port(entry) == port) {
            return aboveShare ? inUse ? 3 : 2 : inUse ? 7 : 4;
        }
        if (isAboveShare(port(entry))) {
            return inUse ? 5 : 2;
        }
        return aboveShare ? NEVER : inUse ? 8 : 6;
    }

    private boolean isAboveShare(int port) {
        return ports.get(port) > keys.length / Math.max(1, ports.inUse());
    }

    /**
     * A step of the way through all sets: what has aged out would count for its port until somebody wants its place.
     */
    private void sweep(long now) {
        int first = (hand++ & setMask) * WAYS;
        for (int i = first; i < first + WAYS; i++) {
            long key = (long) LONGS.getAcquire(keys, i);
            if (isAddress(key) && !isYoung((long) LONGS.getAcquire(entries, i), now) && free(i, key)) {
                counters.expired.increment();
            }
        }
    }

    private boolean free(int i, long key) {
        if (!LONGS.compareAndSet(keys, i, key, CLAIMED)) {
            return false;
        }
        ports.add(port((long) LONGS.getAndSet(entries, i, FREE)), -1);
        LONGS.setRelease(keys, i, EMPTY);
        return true;
    }

    /**
     * Finds the port of an address.
     *
     * @param key the destination of a frame
     * @param now the time in ticks
     * @return the port, or {@link #NONE} if the address was never heard, is forgotten or is a group
     */
    public int find(long key, long now) {
        int i = place(key);
        long entry = i < 0 ? 0 : (long) LONGS.getAcquire(entries, i);
        return i >= 0 && (long) LONGS.getAcquire(keys, i) == key && isYoung(entry, now) ? port(entry) : NONE;
    }

    /**
     * Finds the port that a frame is to leave through; an address that is found at another port than the frame's is in
     * use from here on.
     *
     * @param key the destination of the frame
     * @param ingress the port that it came in through
     * @param now the time in ticks
     * @return the port, or {@link #NONE} if the address was never heard, is forgotten or is a group
     */
    public int find(long key, int ingress, long now) {
        int i = place(key);
        if (i < 0) {
            return NONE;
        }
        long entry = (long) LONGS.getAcquire(entries, i);
        if ((long) LONGS.getAcquire(keys, i) != key || !isYoung(entry, now)) {
            return NONE;
        }
        int port = port(entry);
        if ((entry & IN_USE) == 0 && port != ingress) {
            // Lost if the address is heard at this instant; the next frame to it tries again.
            LONGS.compareAndSet(entries, i, entry, entry | IN_USE);
        }
        return port;
    }

    private int place(long key) {
        if (key == EMPTY || key == CLAIMED) {
            return -1;
        }
        int first = firstOfSet(key);
        for (int i = first; i < first + WAYS; i++) {
            if ((long) LONGS.getAcquire(keys, i) == key) {
                return i;
            }
        }
        return -1;
    }

    /** Forgets all addresses that were heard, the sticky ones too; the static ones stay. Walks the whole table. */
    public void clear() {
        removeIf(entry -> kind(entry) != Kind.STATIC);
    }

    /**
     * Forgets all addresses behind a port, but the static ones. Walks the whole table if there are any.
     *
     * @param port the port
     */
    public void clear(int port) {
        if (ports.get(port) > 0) {
            removeIf(entry -> port(entry) == port && kind(entry) != Kind.STATIC);
        }
    }

    /**
     * Forgets the addresses that were learned behind a port; sticky and static ones stay. Walks the whole table if
     * there are any.
     *
     * @param port the port
     */
    public void clearLearned(int port) {
        if (ports.get(port) > 0) {
            removeIf(entry -> port(entry) == port && kind(entry) == Kind.LEARNED);
        }
    }

    /**
     * Forgets all addresses behind a port, the static ones too. Walks the whole table.
     *
     * @param port the port
     */
    public void removePort(int port) {
        removeIf(entry -> port(entry) == port);
    }

    /**
     * Forgets the static addresses of a port.
     *
     * @param port the port
     */
    public void removeStatic(int port) {
        removeIf(entry -> port(entry) == port && kind(entry) == Kind.STATIC);
    }

    private void removeIf(LongPredicate condition) {
        for (int i = 0; i < keys.length; i++) {
            long key = (long) LONGS.getAcquire(keys, i);
            if (isAddress(key) && condition.test((long) LONGS.getAcquire(entries, i))) {
                free(i, key);
            }
        }
    }

    /**
     * Counts the addresses that are not forgotten. Walks the whole table.
     *
     * @param now the time in ticks
     * @return the number
     */
    public int count(long now) {
        int[] count = new int[1];
        forEach(now, (key, port, kind, age) -> count[0]++);
        return count[0];
    }

    /**
     * Shows the addresses that are not forgotten, in no order. Walks the whole table; addresses may come and go.
     *
     * @param now the time in ticks
     * @param visitor gets each
     */
    public void forEach(long now, Visitor visitor) {
        for (int i = 0; i < keys.length; i++) {
            long key = (long) LONGS.getAcquire(keys, i);
            long entry = (long) LONGS.getAcquire(entries, i);
            if (isAddress(key) && (long) LONGS.getAcquire(keys, i) == key && isYoung(entry, now)) {
                visitor.entry(key, port(entry), kind(entry), Math.max(0, now - time(entry)));
            }
        }
    }

    /** Receives what {@link #forEach} finds. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * One entry.
         *
         * @param key its address and VLAN
         * @param port where it is
         * @param kind whether it ages and moves
         * @param age how many ticks ago it was heard, or pinned
         */
        void entry(long key, int port, Kind kind, long age);
    }

    /** How firmly an address is at its port, the firmest last. */
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
        /** The address is where it was. */
        KNOWN,
        /** The address was not known. */
        NEW,
        /** The address was known at another port. */
        MOVED,
        /** The address is pinned to another port, and is known there still. */
        HELD,
        /** There was no place for it now. */
        NO_ROOM,
        /** A group or zero, which no frame may come from. */
        INVALID
    }

    private int firstOfSet(long key) {
        return ((int) hash.hash(key) & setMask) * WAYS;
    }

    private boolean isYoung(long entry, long now) {
        return now - time(entry) <= maxAge || isPinned(entry);
    }

    private static boolean isAddress(long key) {
        return key != EMPTY && key != CLAIMED;
    }

    private static long entry(int port, Kind kind, long now) {
        return (long) port << PORT_SHIFT | (long) kind.ordinal() << KIND_SHIFT | now & TIME_MASK;
    }

    private static int port(long entry) {
        return (int) (entry >>> PORT_SHIFT);
    }

    private static boolean isPinned(long entry) {
        return (entry & PINNED) != 0;
    }

    private static Kind kind(long entry) {
        return KINDS[(int) ((entry & PINNED) >>> KIND_SHIFT)];
    }

    private static long time(long entry) {
        return entry & TIME_MASK;
    }
}
