/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.KeyedHash;
import io.github.nettytap.net.table.TableCounter;
import io.github.nettytap.net.table.TableEntry;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The networks of a VXLAN endpoint, their remote endpoints, and the addresses known to be behind each.
 *
 * <p>Addresses are learned from the frames that come in (RFC 7348, section 4.1), or set. What is learned ages, moves
 * when the address appears behind another endpoint, and is bounded in number; what is set stays. A remote endpoint is
 * an IP address: the UDP port that a frame comes from is chosen by its flow and is not the one to answer to.
 *
 * <p>Learned addresses share one table among the networks and endpoints that they come from, fairly: where it is full,
 * a new one takes the place of one that nobody here has sent to, of the same endpoint first (see {@link FairTable}).
 * Frames to an address that is not known go to all remote endpoints of its network. Who knows the endpoints that may
 * send says so with {@link #allowSender}: the source of a datagram is easily forged where the underlay does not check
 * it, but not by everybody.
 *
 * <p>For one thread: the event loop of the channel that it serves; the counts may be read by any.
 */
public final class VxlanPeers {

    /** How long what is learned stays without being seen again: as with a kernel's vxlan device. */
    public static final Duration DEFAULT_AGEING = Duration.ofSeconds(300);

    /** How many addresses are learned, in all networks. */
    public static final int DEFAULT_MAX_LEARNED = 65_536;

    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final IntObjectMap<Network> networks = new IntObjectHashMap<>();
    private final FairTable<Learned> learned;
    private final int port;
    private final long ageingNanos;
    private boolean learning = true;

    /** Null if anybody may send. */
    private volatile Set<InetAddress> senders;

    private volatile long moved;

    /** On the clock of the caller, whatever its origin. */
    private long origin;

    private long ticked;
    private boolean started;

    /** One network. */
    private static final class Network {
        private final List<InetSocketAddress> remotes = new ArrayList<>();
        private final List<InetSocketAddress> remotesView = Collections.unmodifiableList(remotes);

        /** Set by the operator, who also answers for their number. */
        private final LongObjectMap<InetSocketAddress> fixed = new LongObjectHashMap<>();

        private int learned;
    }

    /** A learned address. */
    private static final class Learned extends TableEntry {
        private final Network network;
        private InetSocketAddress remote;
        private long seen;

        Learned(int vni, long address, Network network, InetSocketAddress remote) {
            super(vni, 0, address);
            this.network = network;
            this.remote = remote;
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
     * @param maxLearned how many addresses are learned, in all networks
     */
    public VxlanPeers(int port, Duration ageing, int maxLearned) {
        this.port = port;
        this.ageingNanos = ageing.toNanos();
        learned = FairTable.<Learned>builder()
                .capacity(maxLearned)
                .evicted(entry -> entry.network.learned--)
                .timer(new FairTable.Timer<>() {
                    @Override
                    public long due(Learned entry, long now) {
                        return FairTable.REMOVE;
                    }

                    @Override
                    public void expired(Learned entry) {
                        entry.network.learned--;
                    }
                })
                .build();
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
     * Allows an endpoint to send; with the first that is allowed, all others are not. Until then anybody may.
     *
     * @param sender its IP address
     */
    public void allowSender(InetAddress sender) {
        Set<InetAddress> more = senders == null ? new HashSet<>() : new HashSet<>(senders);
        more.add(Objects.requireNonNull(sender, "sender"));
        senders = Set.copyOf(more);
    }

    /**
     * Whether an endpoint may send.
     *
     * @param sender its IP address
     * @return false if others were allowed and it was not
     */
    public boolean isAllowed(InetAddress sender) {
        Set<InetAddress> allowed = senders;
        return allowed == null || allowed.contains(sender);
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
     * Leaves a network and forgets its endpoints and addresses. Walks all that was learned.
     *
     * @param vni the network
     * @return true if it had been joined
     */
    public boolean removeNetwork(int vni) {
        Network network = networks.remove(vni);
        if (network != null) {
            removeLearned(network, null);
        }
        return network != null;
    }

    private void removeLearned(Network network, InetAddress remote) {
        List<Learned> removed = new ArrayList<>();
        learned.forEach(entry -> {
            if (entry.network == network
                    && (remote == null || entry.remote.getAddress().equals(remote))) {
                removed.add(entry);
            }
        });
        removed.forEach(this::remove);
    }

    private void remove(Learned entry) {
        learned.remove(entry);
        entry.network.learned--;
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
     * Removes an endpoint, and the addresses that were learned or set behind it. Walks all that was learned.
     *
     * @param vni the network
     * @param remote the endpoint
     * @return true if it had been added
     * @throws IllegalArgumentException if the network was not joined
     */
    public boolean removeRemote(int vni, InetAddress remote) {
        InetSocketAddress address = new InetSocketAddress(remote, port);
        Network network = network(vni);
        Iterator<LongObjectMap.PrimitiveEntry<InetSocketAddress>> all =
                network.fixed.entries().iterator();
        while (all.hasNext()) {
            if (all.next().value().equals(address)) {
                all.remove();
            }
        }
        removeLearned(network, remote);
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
        Learned known = learned.find(vni, 0, address.value());
        if (known != null) {
            remove(known);
        }
        network.fixed.put(address.value(), new InetSocketAddress(remote, port));
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
        Learned known = learned.find(vni, 0, address.value());
        if (known != null) {
            remove(known);
        }
        return network.fixed.remove(address.value()) != null || known != null;
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
        if (!learning || network == null || MacAddress.isGroup(source) || isFixed(network, source)) {
            return;
        }
        long now = millis(nowNanos);
        Learned entry = learned.find(vni, 0, source);
        if (entry != null && !entry.remote.getAddress().equals(remote)) {
            // Who sends it now pays for it.
            remove(entry);
            entry = null;
            moved++;
        }
        if (entry == null) {
            entry = new Learned(vni, source, network, new InetSocketAddress(remote, port));
            if (!learned.add(entry, owner(vni, remote), now)) {
                return;
            }
            network.learned++;
        }
        entry.seen = nowNanos;
        learned.refresh(entry, now, now + TimeUnit.NANOSECONDS.toMillis(ageingNanos) + 1);
    }

    private static boolean isFixed(Network network, long address) {
        return !network.fixed.isEmpty() && network.fixed.containsKey(address);
    }

    private static long owner(int vni, InetAddress remote) {
        ByteBuffer bytes = ByteBuffer.wrap(remote.getAddress());
        return bytes.remaining() == Integer.BYTES
                ? (long) vni << Integer.SIZE | bytes.getInt() & 0xffff_ffffL
                : KeyedHash.ofProcess().hash(vni, bytes.getLong(), bytes.getLong());
    }

    /** The time of the table, which forgets what is too old once a second at most. */
    private long millis(long nowNanos) {
        if (!started) {
            started = true;
            origin = nowNanos;
            ticked = nowNanos;
        }
        long now = TimeUnit.NANOSECONDS.toMillis(nowNanos - origin);
        if (nowNanos - ticked >= TICK_NANOS) {
            ticked = nowNanos;
            learned.tick(now);
        }
        return now;
    }

    /**
     * Finds the endpoint that an address is behind, which is in use from here on.
     *
     * @param vni the network
     * @param destination the address
     * @param nowNanos the time
     * @return the endpoint, null if the address is not known
     */
    public InetSocketAddress find(int vni, long destination, long nowNanos) {
        Network network = networks.get(vni);
        if (network == null) {
            return null;
        }
        if (!network.fixed.isEmpty()) {
            InetSocketAddress fixed = network.fixed.get(destination);
            if (fixed != null) {
                return fixed;
            }
        }
        Learned entry = learned.find(vni, 0, destination);
        if (entry == null) {
            return null;
        }
        if (nowNanos - entry.seen > ageingNanos) {
            remove(entry);
            return null;
        }
        learned.confirm(entry);
        return entry.remote;
    }

    /**
     * Shows the known addresses of a network, also those that are too old and not yet forgotten. Walks all that was
     * learned.
     *
     * @param vni the network
     * @param visitor sees each; it must not change the table
     */
    public void forEach(int vni, Visitor visitor) {
        Network network = networks.get(vni);
        if (network == null) {
            return;
        }
        for (LongObjectMap.PrimitiveEntry<InetSocketAddress> entry : network.fixed.entries()) {
            visitor.visit(entry.key(), entry.value(), true);
        }
        learned.forEach(entry -> {
            if (entry.network == network) {
                visitor.visit(entry.low(), entry.remote, false);
            }
        });
    }

    /**
     * How many addresses of a network are known, also those that are too old and not yet forgotten.
     *
     * @param vni the network
     * @return the number
     */
    public int size(int vni) {
        Network network = networks.get(vni);
        return network == null ? 0 : network.fixed.size() + network.learned;
    }

    /**
     * How many addresses are learned, in all networks. Any thread may ask.
     *
     * @return the number
     */
    public int learned() {
        return learned.size();
    }

    /**
     * How many addresses could be learned.
     *
     * @return the bound
     */
    public int maxLearned() {
        return learned.capacity();
    }

    /**
     * How often a learned address appeared behind another endpoint. Any thread may ask.
     *
     * @return the count
     */
    public long moved() {
        return moved;
    }

    /**
     * How often an address had to make room for another. Any thread may ask.
     *
     * @return the count
     */
    public long evicted() {
        return learned.count(TableCounter.EVICTED) + learned.count(TableCounter.EVICTED_OWN);
    }

    /**
     * How often an address was not learned for want of room. Any thread may ask.
     *
     * @return the count
     */
    public long refused() {
        return learned.count(TableCounter.REFUSED);
    }

    private Network network(int vni) {
        Network network = networks.get(vni);
        if (network == null) {
            throw new IllegalArgumentException("network not joined: vni=" + vni);
        }
        return network;
    }
}
