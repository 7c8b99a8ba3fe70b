/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import java.util.concurrent.ThreadLocalRandom;

/** Connections, found from either side without an object for the key. Bounded; what is over is removed bit by bit. */
final class ConnectionTable {

    private static final int BUCKETS = 1 << 15;
    private static final int BUCKETS_A_TICK = BUCKETS / 16;
    private static final int LEAST_PORT = 1024;
    private static final int PORTS = 0x1_0000 - LEAST_PORT;
    private static final int TRIES = 64;

    private final Connection[] inside = new Connection[BUCKETS];
    private final Connection[] outside = new Connection[BUCKETS];
    private final int capacity;
    private int size;
    private int nextToExpire;

    ConnectionTable(int capacity) {
        this.capacity = capacity;
    }

    int size() {
        return size;
    }

    Connection ofInside(int protocol, int address, int port, int remoteAddress, int remotePort) {
        Connection connection = inside[bucket(protocol, address, port, remoteAddress, remotePort)];
        while (connection != null
                && (connection.insidePort != port
                        || connection.remotePort != remotePort
                        || connection.insideAddress != address
                        || connection.remoteAddress != remoteAddress
                        || connection.protocol != protocol)) {
            connection = connection.nextInside;
        }
        return connection;
    }

    Connection ofOutside(int protocol, int address, int port, int remoteAddress, int remotePort) {
        Connection connection = outside[bucket(protocol, address, port, remoteAddress, remotePort)];
        while (connection != null
                && (connection.outsidePort != port
                        || connection.remotePort != remotePort
                        || connection.outsideAddress != address
                        || connection.remoteAddress != remoteAddress
                        || connection.protocol != protocol)) {
            connection = connection.nextOutside;
        }
        return connection;
    }

    /** Adds a connection that is not there, with the port that it has inside if that is free; null if there is no room. */
    Connection add(
            int protocol, int insideAddress, int insidePort, int outsideAddress, int remoteAddress, int remotePort) {
        if (size == capacity) {
            return null;
        }
        int port = insidePort;
        for (int tries = 0; ofOutside(protocol, outsideAddress, port, remoteAddress, remotePort) != null; tries++) {
            if (tries == TRIES) {
                return null;
            }
            port = LEAST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
        }
        Connection connection =
                new Connection(protocol, insideAddress, insidePort, outsideAddress, port, remoteAddress, remotePort);
        int ofInside = bucket(protocol, insideAddress, insidePort, remoteAddress, remotePort);
        connection.nextInside = inside[ofInside];
        inside[ofInside] = connection;
        int ofOutside = bucket(protocol, outsideAddress, port, remoteAddress, remotePort);
        connection.nextOutside = outside[ofOutside];
        outside[ofOutside] = connection;
        size++;
        return connection;
    }

    /** Removes what is over from the next part of the table. */
    void expire(long now) {
        for (int i = 0; i < BUCKETS_A_TICK; i++) {
            Connection connection = inside[nextToExpire];
            while (connection != null) {
                Connection next = connection.nextInside;
                if (connection.isOver(now)) {
                    remove(connection);
                }
                connection = next;
            }
            nextToExpire = nextToExpire + 1 & BUCKETS - 1;
        }
    }

    private void remove(Connection gone) {
        int ofInside = bucket(gone.protocol, gone.insideAddress, gone.insidePort, gone.remoteAddress, gone.remotePort);
        if (inside[ofInside] == gone) {
            inside[ofInside] = gone.nextInside;
        } else {
            Connection previous = inside[ofInside];
            while (previous.nextInside != gone) {
                previous = previous.nextInside;
            }
            previous.nextInside = gone.nextInside;
        }
        int ofOutside =
                bucket(gone.protocol, gone.outsideAddress, gone.outsidePort, gone.remoteAddress, gone.remotePort);
        if (outside[ofOutside] == gone) {
            outside[ofOutside] = gone.nextOutside;
        } else {
            Connection previous = outside[ofOutside];
            while (previous.nextOutside != gone) {
                previous = previous.nextOutside;
            }
            previous.nextOutside = gone.nextOutside;
        }
        size--;
    }

    private static int bucket(int protocol, int address, int port, int remoteAddress, int remotePort) {
        long addresses = (long) address << 32 | remoteAddress & 0xffff_ffffL;
        long ports = (long) protocol << 32 | (long) port << 16 | remotePort;
        long product = (addresses * 0x9e37_79b9_7f4a_7c15L ^ ports) * 0xc2b2_ae3d_27d4_eb4fL;
        return (int) (product >>> 40) & BUCKETS - 1;
    }
}
