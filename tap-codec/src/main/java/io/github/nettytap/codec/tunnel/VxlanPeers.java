/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.tunnel;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The networks of a VXLAN endpoint, their remote endpoints, and the addresses known to be behind each.
 *
 * <p>Addresses are learned from the frames that come in (RFC 7348, section 4.1), or set. What is learned ages, moves when
 * the address appears behind another endpoint, and is bounded in number for each network; what is set stays. A remote
 * endpoint is an IP address: the UDP port that a frame comes from is chosen by its flow and is not the one to answer to.
 *
 * <p>For one thread: the event loop of the channel that it serves.
 */
public final class VxlanPeers {

    /** How long what is learned stays without being seen again: as with a kernel's vxlan device. */
    public static final Duration DEFAULT_AGEING = Duration.ofSeconds(300);

    /** How many addresses are learned in one network. */
    public static final int DEFAULT_MAX_LEARNED = 65_536;

    private static final long PURGE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final IntObjectMap<Network> networks = new IntObjectHashMap<>();
    private final long secret = new SecureRandom().nextLong();
    private final int port;
    private final long ageingNanos;
    private final int maxLearned;
    private boolean learning = true;
    private long moved;
    private long refused;

    /** One network. */
    private static final class Network {
        private final List<InetSocketAddress> remotes = new ArrayList<>();
        private final List<InetSocketAddress> remotesView = Collections.unmodifiableList(remotes);
        /** By {@link #key}, not by address. */
        private final LongObjectMap<Entry> entries = new LongObjectHashMap<>();

        private int learned;
        private long purged;
        private boolean everPurged;
    }

    /** One address. */
    private static final class Entry {
        private final long address;
        private InetSocketAddress remote;
        private boolean fixed;
        private long seen;

        private Entry(long address) {
            this.address = address;
        }
    }

    /** Sees the known addresses of a network. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * Sees one address.
         *
         * @param address the 48-bit number of the address
         * @param remote the endpoint that it is behind
         * @param fixed true if it was set, false if it was learned
         */
        void visit(long address, InetSocketAddress remote, boolean fixed);
    }

    /** Makes an empty table for the standard port, with default ageing and bound. */
    public VxlanPeers() {
        this(VxlanHeader.PORT, DEFAULT_AGEING, DEFAULT_MAX_LEARNED);
    }

    /**
     * Makes an empty table.
     *
     * @param port the UDP port of the remote endpoints
     * @param ageing how long what is learned stays without being seen again
     * @param maxLearned how many addresses are learned in one network
     */
    public VxlanPeers(int port, Duration ageing, int maxLearned) {
        this.port = port;
        this.ageingNanos = ageing.toNanos();
        this.maxLearned = maxLearned;
    }

    /**
     * Turns learning on or off; at first it is on.
     *
     * @param on true to learn
     */
    public void learning(boolean on) {
        learning = on;
    }

    /**
     * Joins a network. Does nothing if it was joined before.
     *
     * @param vni the network
     * @throws IllegalArgumentException if the VNI has more than 24 bits
     */
    public void addNetwork(int vni) {
        VxlanFrame.checkVni(vni);
        if (!networks.containsKey(vni)) {
            networks.put(vni, new Network());
        }
    }

    /**
     * Leaves a network and forgets its endpoints and addresses.
     *
     * @param vni the network
     * @return true if it had been joined
     */
    public boolean removeNetwork(int vni) {
        return networks.remove(vni) != null;
    }

    /**
     * Tells whether a network was joined.
     *
     * @param vni the network
     * @return true if it was
     */
    public boolean hasNetwork(int vni) {
        return networks.containsKey(vni);
    }

    /**
     * Adds an endpoint that gets the frames to many and to unknown addresses.
     *
     * @param vni the network
     * @param remote the endpoint
     * @throws IllegalArgumentException if the network was not joined
     */
    public void addRemote(int vni, InetAddress remote) {
        InetSocketAddress address = new InetSocketAddress(remote, port);
        Network network = network(vni);
        if (!network.remotes.contains(address)) {
            network.remotes.add(address);
        }
    }

    /**
     * Removes an endpoint, and the addresses that were learned or set behind it.
     *
     * @param vni the network
     * @param remote the endpoint
     * @return true if it had been added
     * @throws IllegalArgumentException if the network was not joined
     */
    public boolean removeRemote(int vni, InetAddress remote) {
        InetSocketAddress address = new InetSocketAddress(remote, port);
        Network network = network(vni);
        Iterator<LongObjectMap.PrimitiveEntry<Entry>> all =
                network.entries.entries().iterator();
        while (all.hasNext()) {
            Entry entry = all.next().value();
            if (entry.remote.equals(address)) {
                network.learned -= entry.fixed ? 0 : 1;
                all.remove();
            }
        }
        return network.remotes.remove(address);
    }

    /**
     * The endpoints that get frames to many.
     *
     * @param vni the network
     * @return a live view, empty if the network was not joined
     */
    public List<InetSocketAddress> remotes(int vni) {
        Network network = networks.get(vni);
        return network == null ? List.of() : network.remotesView;
    }

    /**
     * Sets behind which endpoint an address is, whatever frames come in.
     *
     * @param vni the network
     * @param address the address
     * @param remote the endpoint
     * @throws IllegalArgumentException if the network was not joined
     */
    public void set(int vni, MacAddress address, InetAddress remote) {
        Network network = network(vni);
        Entry entry = network.entries.get(key(address.value()));
        if (entry == null) {
            entry = new Entry(address.value());
            network.entries.put(key(address.value()), entry);
        } else if (!entry.fixed) {
            network.learned--;
        }
        entry.fixed = true;
        entry.remote = new InetSocketAddress(remote, port);
    }

    /**
     * Forgets an address, learned or set.
     *
     * @param vni the network
     * @param address the address
     * @return true if it was known
     * @throws IllegalArgumentException if the network was not joined
     */
    public boolean forget(int vni, MacAddress address) {
        Network network = network(vni);
        Entry entry = network.entries.remove(key(address.value()));
        if (entry != null && !entry.fixed) {
            network.learned--;
        }
        return entry != null;
    }

    /**
     * Takes notice of where a frame came from.
     *
     * @param vni the network
     * @param source the source address of the frame; a group address is not learned
     * @param remote the endpoint that sent it
     * @param nowNanos the time, on any clock that {@link #find} is given too
     */
    public void learn(int vni, long source, InetAddress remote, long nowNanos) {
        Network network = networks.get(vni);
        if (!learning || network == null || MacAddress.isGroup(source)) {
            return;
        }
        Entry entry = network.entries.get(key(source));
        if (entry == null) {
            if (network.learned >= maxLearned && !purge(network, nowNanos)) {
                refused++;
                return;
            }
            entry = new Entry(source);
            entry.remote = new InetSocketAddress(remote, port);
            network.entries.put(key(source), entry);
            network.learned++;
        } else if (entry.fixed) {
            return;
        } else if (!entry.remote.getAddress().equals(remote)) {
            entry.remote = new InetSocketAddress(remote, port);
            moved++;
        }
        entry.seen = nowNanos;
    }

    /** Forgets what is too old: not for each frame while the table is full. True if there is room now. */
    private boolean purge(Network network, long nowNanos) {
        if (network.everPurged && nowNanos - network.purged < PURGE_INTERVAL_NANOS) {
            return false;
        }
        network.everPurged = true;
        network.purged = nowNanos;
        Iterator<LongObjectMap.PrimitiveEntry<Entry>> all =
                network.entries.entries().iterator();
        while (all.hasNext()) {
            if (isOld(all.next().value(), nowNanos)) {
                all.remove();
                network.learned--;
            }
        }
        return network.learned < maxLearned;
    }

    private boolean isOld(Entry entry, long nowNanos) {
        return !entry.fixed && nowNanos - entry.seen > ageingNanos;
    }

    /**
     * Finds the endpoint that an address is behind.
     *
     * @param vni the network
     * @param destination the address
     * @param nowNanos the time
     * @return the endpoint, null if the address is not known
     */
    public InetSocketAddress find(int vni, long destination, long nowNanos) {
        Network network = networks.get(vni);
        Entry entry = network == null ? null : network.entries.get(key(destination));
        if (entry == null) {
            return null;
        }
        if (isOld(entry, nowNanos)) {
            network.entries.remove(key(destination));
            network.learned--;
            return null;
        }
        return entry.remote;
    }

    /**
     * Shows the known addresses of a network, also those that are too old and not yet forgotten.
     *
     * @param vni the network
     * @param visitor sees each; it must not change the table
     */
    public void forEach(int vni, Visitor visitor) {
        Network network = networks.get(vni);
        if (network != null) {
            for (Entry entry : network.entries.values()) {
                visitor.visit(entry.address, entry.remote, entry.fixed);
            }
        }
    }

    /**
     * How many addresses of a network are known, also those that are too old and not yet forgotten.
     *
     * @param vni the network
     * @return the number
     */
    public int size(int vni) {
        Network network = networks.get(vni);
        return network == null ? 0 : network.entries.size();
    }

    /**
     * How often a learned address appeared behind another endpoint.
     *
     * @return the count
     */
    public long moved() {
        return moved;
    }

    /**
     * How often an address was not learned because its network was full.
     *
     * @return the count
     */
    public long refused() {
        return refused;
    }

    /**
     * The key of an address: another number, one for each address, that nobody can choose who does not know this table's
     * secret. The map probes linearly from the low bits of its keys, and the addresses are those that the network sends:
     * 65,536 of them with the same low bits made each look-up walk as many slots, and a purge take seconds.
     */
    long key(long address) {
        long mixed = (address ^ secret) * 0xbf58_476d_1ce4_e5b9L; // constants of splitmix64
        mixed = (mixed ^ mixed >>> 31 ^ Long.rotateLeft(secret, 32)) * 0x94d0_49bb_1331_11ebL;
        return mixed ^ mixed >>> 29;
    }

    private Network network(int vni) {
        Network network = networks.get(vni);
        if (network == null) {
            throw new IllegalArgumentException("network not joined: vni=" + vni);
        }
        return network;
    }
}
