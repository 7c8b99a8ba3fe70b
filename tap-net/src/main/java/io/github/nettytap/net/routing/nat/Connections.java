/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableCounter;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Mappings and their connections: {@link FairTable}s in which each host inside has a budget, and for each address
 * outside an array of its ports. A mapping goes with its last connection, and connections go with their mapping.
 */
final class Connections {

    private static final int PORTS = 0x1_0000;
    private static final int LEAST_PORT = 1024;

    /** With three quarters of the ports taken at most, so many tries fail once in 10^8 times. */
    private static final int TRIES = 64;

    private static final int MAX_MAPPINGS = 49_152;

    private final Connection.Timeouts timeouts;
    private final FairTable<Connection> connections;
    private final FairTable<Mapping> mappings;

    /** By outside address and protocol. */
    private final Map<Long, Mapping[]> ports = new HashMap<>();

    // The ports that were asked for last, which are nearly always those that are asked for next.
    private long lastPortsKey = -1;
    private Mapping[] lastPorts;

    Connections(NatSettings settings) {
        timeouts = new Connection.Timeouts(settings);
        connections = FairTable.<Connection>builder()
                .capacity(settings.connections())
                .budget(settings.connectionsPerHost())
                .evicted(this::detach)
                .timer(new FairTable.Timer<>() {
                    @Override
                    public long due(Connection connection, long now) {
                        return FairTable.REMOVE;
                    }

                    @Override
                    public void expired(Connection connection) {
                        detach(connection);
                    }
                })
                .build();
        int capacity = Math.min(MAX_MAPPINGS, settings.connections());
        mappings = FairTable.<Mapping>builder()
                .capacity(capacity)
                .budget(Math.min(capacity, settings.connectionsPerHost()))
                .evicted(this::end)
                .build();
    }

    void forEach(Consumer<Connection> visitor) {
        connections.forEach(visitor);
    }

    int size() {
        return connections.size();
    }

    int mappingCount() {
        return mappings.size();
    }

    long count(TableCounter counter) {
        return connections.count(counter);
    }

    void tick(long now) {
        connections.tick(now);
    }

    private Mapping[] ports(int protocol, int outsideAddress) {
        long key = (long) protocol << Integer.SIZE | outsideAddress & 0xffff_ffffL;
        if (key != lastPortsKey) {
            // One for each address of the router and protocol that NAT knows: nothing that anybody else chooses.
            lastPorts = ports.computeIfAbsent(key, any -> new Mapping[PORTS]);
            lastPortsKey = key;
        }
        return lastPorts;
    }

    /** The mapping of an outside port, or null. */
    Mapping ofPort(int protocol, int outsideAddress, int outsidePort) {
        return ports(protocol, outsideAddress)[outsidePort];
    }

    /** The mapping of an inside address and port, or null. */
    Mapping ofInside(int protocol, int insideAddress, int insidePort, int outsideAddress) {
        return mappings.find(protocol, Mapping.high(outsideAddress), Mapping.low(insideAddress, insidePort));
    }

    /** The connection between an outside and a remote end, or null. */
    Connection find(int protocol, int outsideAddress, int outsidePort, int remoteAddress, int remotePort) {
        return connections.find(
                protocol, Connection.end(outsideAddress, outsidePort), Connection.end(remoteAddress, remotePort));
    }

    /** Adds a mapping that is not there; null if there is no room. A connection is to be added to it next. */
    Mapping addMapping(int protocol, int insideAddress, int insidePort, int outsideAddress, long now) {
        Mapping[] taken = ports(protocol, outsideAddress);
        int port = freePort(taken, protocol, insidePort);
        if (port < 0) {
            return null;
        }
        Mapping mapping = new Mapping(protocol, insideAddress, insidePort, outsideAddress, port);
        if (!mappings.add(mapping, owner(insideAddress), now)) {
            return null;
        }
        taken[port] = mapping;
        return mapping;
    }

    /**
     * The port that it has inside if that is free; else any of the same range and, for UDP, parity: RFC 4787, REQ-3 and
     * REQ-4. Which one is chance, so that nobody outside guesses it.
     */
    private static int freePort(Mapping[] taken, int protocol, int insidePort) {
        if (taken[insidePort] == null) {
            return insidePort;
        }
        boolean isPing = protocol == Ipv4Header.PROTOCOL_ICMP;
        boolean isLow = !isPing && insidePort < LEAST_PORT;
        int least = isPing ? 0 : isLow ? 1 : LEAST_PORT;
        int bound = isLow ? LEAST_PORT : PORTS;
        int parity = protocol == Ipv4Header.PROTOCOL_UDP ? 1 : 0;
        ThreadLocalRandom random = ThreadLocalRandom.current();
        for (int tries = 0; tries < TRIES; tries++) {
            int port = random.nextInt(least, bound);
            port = port & ~parity | insidePort & parity;
            if (port >= least && taken[port] == null) {
                return port;
            }
        }
        // RFC 4787, REQ-3: rather one of the other range than none.
        return isLow ? freePort(taken, protocol, LEAST_PORT | insidePort & 1) : -1;
    }

    /** Adds a connection that is not there; null if there is no room. */
    Connection add(Mapping mapping, int remoteAddress, int remotePort, long now) {
        Connection connection = new Connection(mapping, remoteAddress, remotePort);
        // Linked first, so that a mapping whose only other connection must go stays.
        mapping.link(connection);
        if (connections.add(connection, owner(mapping.insideAddress), now)) {
            connections.refresh(connection, now, now + connection.timeout(timeouts));
            return connection;
        }
        detach(connection);
        return null;
    }

    private static long owner(int insideAddress) {
        return insideAddress & 0xffff_ffffL;
    }

    /** Notes a packet of a connection. */
    void see(Connection connection, boolean fromInside, int tcpFlags, long now) {
        boolean confirmed = connection.see(fromInside, tcpFlags);
        if (confirmed != connection.isConfirmed()) {
            if (confirmed) {
                connections.confirm(connection);
                mappings.confirm(connection.mapping);
            } else {
                connections.unconfirm(connection);
            }
        }
        connections.refresh(connection, now, now + connection.timeout(timeouts));
        mappings.touch(connection.mapping, now);
    }

    /** The connection is gone. */
    private void detach(Connection connection) {
        Mapping mapping = connection.mapping;
        mapping.unlink(connection);
        if (mapping.first == null && mapping.isInTable()) {
            mappings.remove(mapping);
            free(mapping);
        }
    }

    /** The mapping is gone: its host has taken its place for another, or there was a host with fewer. */
    private void end(Mapping mapping) {
        free(mapping);
        for (Connection connection = mapping.first; connection != null; connection = mapping.first) {
            mapping.unlink(connection);
            if (connection.isInTable()) {
                connections.remove(connection);
            }
        }
    }

    private void free(Mapping mapping) {
        ports(mapping.protocol, mapping.outsideAddress)[mapping.outsidePort] = null;
    }
}
