/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableEntry;
import io.netty.buffer.ByteBuf;

/**
 * Which connection fragments belong to: only the first of a datagram has ports, so the others go the way that it went.
 *
 * <p>Fragments that come before their first are nobody's (RFC 4787, section 11, calls this received in order). Each
 * host inside, and each forwarded port, has a budget, of which the oldest goes first.
 */
final class FragmentedDatagrams {

    static final int CAPACITY = 4_096;
    static final int BUDGET = 256;

    /**
     * How long the rest may take: as the kernel's ipfrag_time, within the 60 to 120 s of RFC 1122, section 3.3.2, at
     * most.
     */
    private static final long MILLIS = 30_000;

    private final FairTable<Datagram> datagrams =
            FairTable.<Datagram>builder().capacity(CAPACITY).budget(BUDGET).build();

    private static final class Datagram extends TableEntry {
        Connection connection;

        Datagram(int scope, long high, Connection connection) {
            super(scope, high, 0);
            this.connection = connection;
        }
    }

    // What RFC 791, section 2.3, tells datagrams apart by.

    private static int scope(ByteBuf frame, int ip) {
        return Ipv4Header.protocol(frame, ip) << Short.SIZE | Ipv4Header.identification(frame, ip);
    }

    private static long addresses(ByteBuf frame, int ip) {
        return (long) Ipv4Header.source(frame, ip) << Integer.SIZE | Ipv4Header.destination(frame, ip) & 0xffff_ffffL;
    }

    /** Notes a first fragment, as it came in. */
    void remember(ByteBuf frame, int ip, Connection connection, long now) {
        int scope = scope(frame, ip);
        long addresses = addresses(frame, ip);
        Datagram datagram = datagrams.find(scope, addresses, 0);
        if (datagram == null) {
            datagram = new Datagram(scope, addresses, connection);
            if (!datagrams.add(datagram, connection.owner, now)) {
                return;
            }
        }
        datagram.connection = connection;
        datagrams.refresh(datagram, now, now + MILLIS);
    }

    /** The connection of a later fragment, or null. */
    Connection find(ByteBuf frame, int ip, long now) {
        Datagram datagram = datagrams.find(scope(frame, ip), addresses(frame, ip), 0);
        return datagram == null || datagram.deadline() < now ? null : datagram.connection;
    }

    /** Forgets what is too old. */
    void tick(long now) {
        datagrams.tick(now);
    }
}
