/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.TableCounter;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
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

    /** Beside the addresses of hosts inside, which have 32 bits. */
    private static final long OWNER_FORWARDED = 1L << Integer.SIZE;

    private final Connection.Timeouts timeouts;
    private final FairTable<Connection> connections;
    private final FairTable<Mapping> mappings;

    /** Configured mappings by their inside ends: the first of each, which leads to the others. */
    private final LongObjectMap<Mapping> forwards = new LongObjectHashMap<>();

    private final List<ForwardedPort> forwardedPorts = new CopyOnWriteArrayList<>();

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

    int capacity() {
        return connections.capacity();
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
        for (Mapping mapping = forwardsTo(protocol, insideAddress, insidePort);
                mapping != null;
                mapping = mapping.nextOfInside) {
            if (mapping.outsideAddress == outsideAddress) {
                return mapping;
            }
        }
        return mappings.find(protocol, Mapping.high(outsideAddress), Mapping.low(insideAddress, insidePort));
    }

    /** The connection between an outside and a remote end, or null. */
    Connection find(int protocol, int outsideAddress, int outsidePort, int remoteAddress, int remotePort) {
        return connections.find(
                protocol, Connection.end(outsideAddress, outsidePort), Connection.end(remoteAddress, remotePort));
    }

    // What is configured.

    private static long inside(int protocol, int insideAddress, int insidePort) {
        return (long) protocol << Integer.SIZE + Short.SIZE | Mapping.low(insideAddress, insidePort);
    }

    private Mapping forwardsTo(int protocol, int insideAddress, int insidePort) {
        return forwards.isEmpty() ? null : forwards.get(inside(protocol, insideAddress, insidePort));
    }

    /**
     * Reserves a port outside for a host inside, whose dynamic mapping ends if there is one.
     *
     * @throws IllegalArgumentException if it is reserved already
     */
    ForwardedPort addForward(PortForward forward, int outsideAddress) {
        int protocol = forward.protocol().number();
        Mapping[] taken = ports(protocol, outsideAddress);
        Mapping before = taken[forward.outsidePort()];
        if (before != null && before.forwarded != null) {
            throw new IllegalArgumentException("a port is forwarded twice: forward=" + forward + ", other="
                    + before.forwarded.forward() + " (expected: once)");
        }
        if (before != null) {
            mappings.remove(before);
            end(before);
        }
        int insideAddress = (int) IpAddress.low(forward.insideAddress());
        ForwardedPort forwarded = new ForwardedPort(forward, outsideAddress);
        Mapping mapping = new Mapping(
                protocol, insideAddress, forward.insidePort(), outsideAddress, forward.outsidePort(), forwarded);
        taken[forward.outsidePort()] = mapping;
        Mapping first = forwardsTo(protocol, insideAddress, forward.insidePort());
        if (first == null) {
            forwards.put(inside(protocol, insideAddress, forward.insidePort()), mapping);
        } else {
            mapping.nextOfInside = first.nextOfInside;
            first.nextOfInside = mapping;
        }
        forwardedPorts.add(forwarded);
        return forwarded;
    }

    void removeForwards(int outsideAddress) {
        for (ForwardedPort forwarded : forwardedPorts) {
            if (forwarded.outsideAddress() != outsideAddress) {
                continue;
            }
            int protocol = forwarded.forward().protocol().number();
            Mapping mapping =
                    ports(protocol, outsideAddress)[forwarded.forward().outsidePort()];
            long inside = inside(protocol, mapping.insideAddress, mapping.insidePort);
            Mapping first = forwards.get(inside);
            if (first != mapping) {
                while (first.nextOfInside != mapping) {
                    first = first.nextOfInside;
                }
                first.nextOfInside = mapping.nextOfInside;
            } else if (mapping.nextOfInside == null) {
                forwards.remove(inside);
            } else {
                forwards.put(inside, mapping.nextOfInside);
            }
            end(mapping);
            forwardedPorts.remove(forwarded);
        }
    }

    /** What is configured, in the order in which it was. Any thread may ask. */
    List<ForwardedPort> forwardedPorts() {
        return forwardedPorts;
    }

    /** The connection by which a configured mapping of an inside end talks with a remote end, or null. */
    Connection findForwarded(int protocol, int insideAddress, int insidePort, int remoteAddress, int remotePort) {
        for (Mapping mapping = forwardsTo(protocol, insideAddress, insidePort);
                mapping != null;
                mapping = mapping.nextOfInside) {
            Connection connection =
                    find(protocol, mapping.outsideAddress, mapping.outsidePort, remoteAddress, remotePort);
            if (connection != null) {
                return connection;
            }
        }
        return null;
    }

    /**
     * Adds a connection of a configured mapping that the remote end begins; null if there is no room, or if the answers
     * could not be told from those of another one.
     */
    Connection accept(Mapping mapping, int remoteAddress, int remotePort, long now) {
        boolean isAmbiguous =
                findForwarded(mapping.protocol, mapping.insideAddress, mapping.insidePort, remoteAddress, remotePort)
                        != null;
        // A budget of its own: who floods the port takes nothing from what the host inside begins itself.
        long owner = OWNER_FORWARDED | mapping.protocol << Short.SIZE | mapping.outsidePort;
        Connection connection =
                isAmbiguous ? null : add(new Connection(mapping, remoteAddress, remotePort, true, owner), now);
        if (connection == null) {
            mapping.forwarded.countRefused();
        } else {
            mapping.forwarded.countAccepted();
        }
        return connection;
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
        return add(new Connection(mapping, remoteAddress, remotePort), now);
    }

    private Connection add(Connection connection, long now) {
        // Linked first, so that a mapping whose only other connection must go stays.
        connection.mapping.link(connection);
        if (connections.add(connection, connection.owner, now)) {
            connections.refresh(connection, now, now + connection.timeout(timeouts));
            return connection;
        }
        unlink(connection);
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
                if (connection.mapping.forwarded == null) {
                    mappings.confirm(connection.mapping);
                }
            } else {
                connections.unconfirm(connection);
            }
        }
        connections.refresh(connection, now, now + connection.timeout(timeouts));
        mappings.touch(connection.mapping, now);
    }

    /** The connection is gone. */
    private void detach(Connection connection) {
        if (connection.isFromRemote()) {
            connection.mapping.forwarded.countEnded();
        }
        unlink(connection);
    }

    private void unlink(Connection connection) {
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
