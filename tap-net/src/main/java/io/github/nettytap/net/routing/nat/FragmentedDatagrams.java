/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.netty.buffer.ByteBuf;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which connection fragments belong to: only the first of a datagram has ports, so the others go the way that it went.
 *
 * <p>Fragments that come before their first are nobody's (RFC 4787, section 11, calls this received in order). Bounded; the
 * oldest is forgotten first.
 */
final class FragmentedDatagrams {

    private static final int CAPACITY = 1024;

    /** How long the rest may take: as the kernel's ipfrag_time, within the 60 to 120 s of RFC 1122, section 3.3.2, at most. */
    private static final long MILLIS = 30_000;

    private final Map<Key, Entry> entries = new LinkedHashMap<>();

    /** What RFC 791, section 2.3, tells datagrams apart by. */
    private record Key(int source, int destination, int protocolAndIdentification) {

        static Key of(ByteBuf frame, int ip) {
            return new Key(
                    Ipv4Header.source(frame, ip),
                    Ipv4Header.destination(frame, ip),
                    Ipv4Header.protocol(frame, ip) << Short.SIZE | Ipv4Header.identification(frame, ip));
        }
    }

    private record Entry(Connection connection, long until) {}

    /** Notes a first fragment, as it came in. */
    void remember(ByteBuf frame, int ip, Connection connection, long now) {
        Key key = Key.of(frame, ip);
        // Removed first, so that it counts as the newest.
        entries.remove(key);
        entries.put(key, new Entry(connection, now + MILLIS));
        if (entries.size() > CAPACITY) {
            entries.remove(entries.keySet().iterator().next());
        }
    }

    /** The connection of a later fragment, or null. */
    Connection find(ByteBuf frame, int ip, long now) {
        Entry entry = entries.get(Key.of(frame, ip));
        return entry == null || entry.until() < now ? null : entry.connection();
    }

    /** Forgets what is too old. */
    void expire(long now) {
        entries.values().removeIf(entry -> entry.until() < now);
    }
}
