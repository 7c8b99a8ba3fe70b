/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.fdb.Fdb.Kind;
import io.github.nettytap.net.switching.fdb.Fdb.LearnResult;
import io.github.nettytap.net.switching.fdb.FdbCounters;
import io.github.nettytap.net.switching.multicast.MulticastSnooping;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.ReservedGroup;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A learning Ethernet switch: every channel whose pipeline gets a handler of {@link #newPort()} is a port of it.
 *
 * <pre>{@code
 *   EthernetSwitch lan = new EthernetSwitch(SwitchSettings.DEFAULT, (channel, cause) -> …);
 *   new Bootstrap().group(group).channelFactory(TapChannel.factory(device)).handler(lan.newPort()).register();
 * }</pre>
 *
 * <p>A frame goes to the port on which its destination was last heard, and to all other ports if that is not known or
 * is a group; never back to where it came from. Frames from a group or zero are dropped. Frames to the addresses that
 * IEEE 802.1D reserves for talk between neighbors ({@code 01:80:c2:00:00:0x}) end here, as in any switch, unless the
 * settings say otherwise.
 *
 * <p>Frames travel with their virtio-net header, untouched, so that a TCP GSO frame costs no more than a small frame.
 * All ports have the same header; a channel of bare frames gets a {@link io.github.nettytap.net.port.BareFrameHandler}
 * in front of its port. A port never gets a frame that needs an offload it has not negotiated: for that port the frame
 * is segmented into wire frames with complete checksums.
 *
 * <p>Ports may be on several event loops. Ports of one loop exchange frames directly; frames for a port on another loop
 * are queued in batches, in order. Thread-safe.
 */
public final class EthernetSwitch {

    /** IEEE Std 802.1D-2004, table 7-10: 01-80-C2-00-00-00 to -0F are not forwarded. */
    private static final long RESERVED = 0x0180_c200_0000L;

    private final SwitchSettings settings;
    private final Fdb fdb;

    /** Null if multicast is flooded. */
    private final MulticastSnooping snooping;

    /** A bit for each reserved group that is forwarded, by its last digit. */
    private final int forwardedGroups;

    private final SwitchListener listener;
    private final LongSupplier clock;
    private final Map<EventLoop, SwitchLoop> loops = new IdentityHashMap<>();

    /** Null as long as there was no port. */
    private VnetHeader vnetHeader;

    /** Replaced as a whole, under the lock. */
    private volatile Topology topology = Topology.EMPTY;

    /**
     * Makes a switch without ports.
     *
     * @param settings what holds for all ports
     * @param listener gets to know what happens to ports
     */
    public EthernetSwitch(SwitchSettings settings, SwitchListener listener) {
        this(settings, listener, secondsFromNow());
    }

    EthernetSwitch(SwitchSettings settings, SwitchListener listener, LongSupplier clock) {
        this.settings = settings;
        snooping = settings.snooping()
                ? new MulticastSnooping(settings.groupMembers(), settings.groupMembersPerPort())
                : null;
        fdb = new Fdb(settings.fdbCapacity(), settings.ageingSeconds());
        int bits = 0;
        for (ReservedGroup group : settings.forwarded()) {
            bits |= 1 << group.lastDigit();
        }
        forwardedGroups = bits;
        this.listener = Objects.requireNonNull(listener, "listener");
        this.clock = clock;
    }

    static LongSupplier secondsFromNow() {
        long start = System.nanoTime();
        return () -> TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    }

    /**
     * A handler that makes its channel a port, with the header size and the offloads of its device, as soon as the
     * channel is active and until it is not.
     *
     * @return a new handler, for one {@link TapChannel}
     */
    public ChannelHandler newPort() {
        return newPort(PortPolicy.DEFAULT);
    }

    /**
     * A handler that makes its channel a port, as {@link #newPort()} does.
     *
     * @param policy what the port may do, and what is done for it
     * @return a new handler, for one {@link TapChannel}
     */
    public ChannelHandler newPort(PortPolicy policy) {
        return handler(policy, channel -> {
            TapChannel tap = (TapChannel) channel;
            return attach(channel, tap.config().getVnetHeader(), tap.config().getOffloads(), policy);
        });
    }

    /**
     * A handler that makes any channel of frames a port.
     *
     * @param vnetHeader the virtio-net header in front of each frame
     * @param offloads what the other side of the channel takes
     * @param policy what the port may do, and what is done for it
     * @return a new handler, for one channel
     */
    public ChannelHandler newPort(VnetHeader vnetHeader, Set<TapOffload> offloads, PortPolicy policy) {
        return handler(policy, channel -> attach(channel, vnetHeader, offloads, policy));
    }

    /** What a policy costs is decided here, once, and not for each frame. */
    private PortHandler handler(PortPolicy policy, Function<Channel, SwitchPort> attach) {
        return isManaged(policy) ? new ManagedPortHandler(this, attach) : new TransparentPortHandler(this, attach);
    }

    boolean isManaged(PortPolicy policy) {
        return settings.snooping() || ManagedPortHandler.isNeededFor(policy);
    }

    private synchronized SwitchPort attach(
            Channel channel, VnetHeader header, Set<TapOffload> offloads, PortPolicy policy) {
        if (vnetHeader != null && vnetHeader != header) {
            throw new IllegalArgumentException("port with another virtio-net header: port=" + channel.localAddress()
                    + ", vnetHeaderSize=" + header.length() + " (expected: " + vnetHeader.length()
                    + ", as the first port has)");
        }
        PortPipeline.check(channel.localAddress(), header, policy);
        int index = topology.freeIndex();
        if (index > Fdb.MAX_PORT) {
            throw new IllegalStateException("too many ports: ports=" + index);
        }
        SwitchLoop loop =
                loops.computeIfAbsent(channel.eventLoop(), eventLoop -> new SwitchLoop(loops.size(), eventLoop, clock));
        SwitchPort port = new SwitchPort(index, channel, loop, header, offloads, policy);
        pinStaticEntries(port);
        vnetHeader = header;
        if (snooping != null) {
            snooping.staticRouter(index, policy.multicastRouter());
        }
        topology = topology.with(port);
        return port;
    }

    private void pinStaticEntries(SwitchPort port) {
        for (StaticFdbEntry entry : port.policy().staticEntries()) {
            long key = key(entry, port);
            LearnResult result = fdb.pin(key, port.index(), Kind.STATIC, clock.getAsLong());
            if (result == LearnResult.HELD || result == LearnResult.NO_ROOM) {
                fdb.removeStatic(port.index());
                String reason = result == LearnResult.HELD ? "is at another port already" : "has no room in the FDB";
                throw new IllegalArgumentException("static entry " + reason + ": port=" + port.name() + ", static="
                        + entry.mac() + ", vlan=" + Fdb.vlan(key));
            }
        }
    }

    private static long key(StaticFdbEntry entry, SwitchPort port) {
        int vlan = entry.vlan() == 0 ? port.vlans().untagged() : entry.vlan();
        return Fdb.key(entry.mac().value(), vlan);
    }

    /** The keys of the static entries of a port. */
    static long[] staticKeys(SwitchPort port) {
        return port.policy().staticEntries().stream()
                .mapToLong(entry -> key(entry, port))
                .toArray();
    }

    /**
     * Gives a port another policy, between two batches of frames. What was learned stays, unless the VLANs change;
     * limits start anew. May be called from any thread.
     *
     * @param port a port of {@link #ports()}
     * @param policy the policy
     * @return completed on the loop of the port; fails with an {@link IllegalArgumentException}, and the policy is as
     *     before, if the port is gone or the policy is not possible there
     */
    public Future<?> update(SwitchPort port, PortPolicy policy) {
        return port.channel().eventLoop().submit(() -> apply(port, policy));
    }

    private void apply(SwitchPort port, PortPolicy policy) {
        ChannelHandlerContext context = port.channel().pipeline().context(PortHandler.class);
        if (context == null || topology.port(port.index()) != port) {
            throw new IllegalArgumentException("not a port of this switch any more: port=" + port.name());
        }
        replacePolicy(port, policy);
        ((PortHandler) context.handler()).replace(context);
    }

    private synchronized void replacePolicy(SwitchPort port, PortPolicy policy) {
        PortPipeline.check(port.name(), port.vnetHeader(), policy);
        PortPolicy before = port.policy();
        Topology others = topology.without(port);
        fdb.removeStatic(port.index());
        port.policy(policy);
        try {
            pinStaticEntries(port);
        } catch (IllegalArgumentException e) {
            port.policy(before);
            pinStaticEntries(port);
            throw e;
        }
        if (!before.vlans().equals(policy.vlans())) {
            fdb.clear(port.index());
            forgetGroups(port);
        }
        if (snooping != null) {
            snooping.staticRouter(port.index(), policy.multicastRouter());
        }
        topology = others.with(port);
    }

    private void forgetGroups(SwitchPort port) {
        if (snooping != null) {
            snooping.remove(port.index());
        }
    }

    /** Called on the port's loop, which is the only one that learns for it. */
    synchronized void detach(SwitchPort port) {
        if (topology.port(port.index()) != port) {
            return;
        }
        topology = topology.without(port);
        fdb.removePort(port.index());
        forgetGroups(port);
        if (snooping != null) {
            snooping.staticRouter(port.index(), false);
        }
    }

    /** Nobody is behind the port now; hosts that come back, there or elsewhere, say so by their frames. */
    void linkDown(SwitchPort port) {
        fdb.clearLearned(port.index());
        forgetGroups(port);
    }

    /** Ends the forwarding, for good: frames that come in are dropped from now on. */
    public synchronized void stop() {
        topology = Topology.EMPTY;
    }

    /** Whether frames to a group are kept from other links. */
    boolean filters(long destination) {
        return (destination & ~0xfL) == RESERVED && (forwardedGroups >>> (destination & 0xf) & 1) == 0;
    }

    SwitchListener listener() {
        return listener;
    }

    Fdb fdb() {
        return fdb;
    }

    MulticastSnooping snooping() {
        return snooping;
    }

    Topology topology() {
        return topology;
    }

    /**
     * What holds for all ports.
     *
     * @return the settings that the switch was made with
     */
    public SwitchSettings settings() {
        return settings;
    }

    /**
     * The ports of this moment.
     *
     * @return a new list, by index
     */
    public List<SwitchPort> ports() {
        return List.of(topology.all());
    }

    /**
     * How many MAC addresses are known. Walks the whole FDB.
     *
     * @return the number of those that are not forgotten
     */
    public int fdbSize() {
        return fdb.count(clock.getAsLong());
    }

    /**
     * How many MAC addresses could be known.
     *
     * @return the capacity of the settings, rounded up to a power of two
     */
    public int fdbCapacity() {
        return fdb.capacity();
    }

    /**
     * What has happened to the FDB: how full it is is no reason to worry as long as nothing is evicted or refused.
     *
     * @return live counters
     */
    public FdbCounters fdbCounters() {
        return fdb.counters();
    }

    /**
     * What has happened to the memberships that snooping knows.
     *
     * @return live counters, or null without snooping
     */
    public MulticastSnooping.Counters groupCounters() {
        return snooping == null ? null : snooping.counters();
    }

    /**
     * Shows the MAC addresses that are known, in no order, while they may come and go.
     *
     * @param visitor gets each with its VLAN, the index of its port, and the seconds since it was heard
     */
    public void forEachFdbEntry(Fdb.Visitor visitor) {
        fdb.forEach(clock.getAsLong(), visitor);
    }

    /** Forgets all addresses that were heard, the sticky ones too; the static ones stay. */
    public void flushFdb() {
        fdb.clear();
    }

    /**
     * Forgets the addresses that were heard behind a port, the sticky ones too; the static ones stay.
     *
     * @param port the port
     */
    public void flushFdb(SwitchPort port) {
        fdb.clear(port.index());
    }

    /** Releases frames that were queued for loops which ended before they took them. Call when all have ended. */
    public void releaseQueued() {
        List<SwitchLoop> all;
        synchronized (this) {
            all = new ArrayList<>(loops.values());
        }
        all.forEach(SwitchLoop::releaseQueued);
    }
}
