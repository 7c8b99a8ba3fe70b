/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.fdb.Fdb.Kind;
import io.github.nettytap.net.switching.fdb.Fdb.LearnResult;
import io.github.nettytap.net.switching.multicast.MulticastSnooping;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
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
 * <p>A frame goes to the port on which its destination was last heard, and to all other ports if that is not known or is
 * a group; never back to where it came from. Frames to the addresses that IEEE 802.1D reserves for talk between
 * neighbors ({@code 01:80:c2:00:00:0x}) end here, as in any switch.
 *
 * <p>Frames travel with their virtio-net header, untouched, so that a TCP GSO frame costs no more than a small frame. All
 * ports have headers of the same size. A port never gets a frame that needs an offload it has not negotiated: for that port
 * the frame is cut into wire frames with whole checksums.
 *
 * <p>Ports may be on several event loops. Ports of one loop exchange frames directly; frames for a port on another loop
 * are queued in batches, in order. Thread-safe.
 */
public final class EthernetSwitch {

    private final SwitchSettings settings;
    private final Fdb table;

    /** Null if multicast is flooded. */
    private final MulticastSnooping snooping;

    private final BiConsumer<Channel, Throwable> onFailure;
    private final LongSupplier clock;
    private final Map<EventLoop, SwitchLoop> loops = new IdentityHashMap<>();
    private int vnetHeaderSize = -1;

    /** Replaced as a whole, under the lock. */
    private volatile Topology topology = Topology.EMPTY;

    /**
     * Makes a switch without ports.
     *
     * @param settings what holds for all ports
     * @param onFailure told, on the event loop, when a port has failed; its channel is closed then
     */
    public EthernetSwitch(SwitchSettings settings, BiConsumer<Channel, Throwable> onFailure) {
        this(settings, onFailure, secondsFromNow());
    }

    EthernetSwitch(SwitchSettings settings, BiConsumer<Channel, Throwable> onFailure, LongSupplier clock) {
        this.settings = settings;
        snooping = settings.snooping() ? new MulticastSnooping() : null;
        table = new Fdb(settings.stations(), settings.ageingSeconds());
        this.onFailure = Objects.requireNonNull(onFailure, "onFailure");
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
            return attach(
                    channel, tap.config().getVnetHeaderSize(), tap.config().getOffloads(), policy);
        });
    }

    /**
     * A handler that makes any channel of frames a port.
     *
     * @param vnetHeaderSize the size of the virtio-net header in front of each frame
     * @param offloads what the other side of the channel takes
     * @param policy what the port may do, and what is done for it
     * @return a new handler, for one channel
     */
    public ChannelHandler newPort(int vnetHeaderSize, Set<TapOffload> offloads, PortPolicy policy) {
        return handler(policy, channel -> attach(channel, vnetHeaderSize, offloads, policy));
    }

    /** What a policy costs is decided here, once, and not for each frame. */
    private PortHandler handler(PortPolicy policy, Function<Channel, SwitchPort> attach) {
        boolean managed = settings.snooping() || ManagedPortHandler.isNeededFor(policy);
        return managed ? new ManagedPortHandler(this, attach) : new TransparentPortHandler(this, attach);
    }

    private synchronized SwitchPort attach(
            Channel channel, int headerSize, Set<TapOffload> offloads, PortPolicy policy) {
        if (vnetHeaderSize < 0) {
            vnetHeaderSize = headerSize;
        } else if (vnetHeaderSize != headerSize) {
            throw new IllegalArgumentException("port with another virtio-net header: port=" + channel.localAddress()
                    + ", vnetHeaderSize=" + headerSize + " (expected: " + vnetHeaderSize + ", as the first port has)");
        }
        SwitchLoop loop =
                loops.computeIfAbsent(channel.eventLoop(), eventLoop -> new SwitchLoop(loops.size(), eventLoop, clock));
        int index = topology.freeIndex();
        if (index > Fdb.MAX_PORT) {
            throw new IllegalStateException("too many ports: ports=" + index);
        }
        SwitchPort port = new SwitchPort(index, channel, loop, headerSize, offloads, policy);
        pinStations(port);
        topology = topology.with(port);
        return port;
    }

    private void pinStations(SwitchPort port) {
        for (StaticFdbEntry station : port.policy().stations()) {
            long key = key(station, port);
            LearnResult lesson = table.pin(key, port.index(), Kind.STATIC, clock.getAsLong());
            if (lesson == LearnResult.HELD || lesson == LearnResult.IGNORED) {
                table.removePort(port.index());
                String reason = lesson == LearnResult.HELD ? "is at another port already" : "has no room in the table";
                throw new IllegalArgumentException("static station " + reason + ": port=" + port.name() + ", static="
                        + station.mac() + ", vlan=" + Fdb.vlan(key));
            }
        }
    }

    private static long key(StaticFdbEntry station, SwitchPort port) {
        int vlan = station.vlan() == 0 ? port.vlans().untagged() : station.vlan();
        return Fdb.key(station.mac().value(), vlan);
    }

    /** The keys of the static stations of a port. */
    static long[] staticStations(SwitchPort port) {
        return port.policy().stations().stream()
                .mapToLong(station -> key(station, port))
                .toArray();
    }

    /** Called on the port's loop, which is the only one that learns for it. */
    synchronized void detach(SwitchPort port) {
        topology = topology.without(port);
        table.removePort(port.index());
        if (snooping != null) {
            snooping.remove(port.index());
        }
    }

    /** Ends the forwarding, for good: frames that come in are dropped from now on. */
    public synchronized void stop() {
        topology = Topology.EMPTY;
    }

    void failed(Channel channel, Throwable cause) {
        onFailure.accept(channel, cause);
    }

    Fdb table() {
        return table;
    }

    MulticastSnooping snooping() {
        return snooping;
    }

    Topology topology() {
        return topology;
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
     * How many stations are known.
     *
     * @return the number of those that are not forgotten
     */
    public int stations() {
        return table.count(clock.getAsLong());
    }

    /**
     * Shows the stations that are known, in no order, while they may come and go.
     *
     * @param visitor gets each station with its VLAN, the index of its port, and the seconds since it was heard
     */
    public void forEachStation(Fdb.Visitor visitor) {
        table.forEach(clock.getAsLong(), visitor);
    }

    /** Forgets all stations that were heard, the sticky ones too; the static ones stay. */
    public void forgetStations() {
        table.clear();
    }

    /**
     * Forgets the stations that were heard behind a port, the sticky ones too; the static ones stay.
     *
     * @param port the port
     */
    public void forgetStations(SwitchPort port) {
        table.clear(port.index());
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
