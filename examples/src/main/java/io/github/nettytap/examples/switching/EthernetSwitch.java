/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.switching;

import io.github.nettytap.examples.switching.policy.PortPolicy;
import io.github.nettytap.examples.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

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
 * neighbours ({@code 01:80:c2:00:00:0x}) end here, as in any switch.
 *
 * <p>Frames travel with their virtio-net header, untouched, so that a TCP superframe costs no more than a small frame. All
 * ports have headers of the same size. A port never gets a frame that needs an offload it has not negotiated: for that port
 * the frame is cut into wire frames with whole checksums.
 *
 * <p>Ports may be on several event loops. Ports of one loop exchange frames directly; frames for a port on another loop
 * are handed over in batches, in order. Thread-safe.
 */
public final class EthernetSwitch {

    private final MacTable table;
    private final BiConsumer<Channel, Throwable> onFailure;
    private final LongSupplier clock;
    private final Map<EventLoop, SwitchLoop> loops = new IdentityHashMap<>();
    private int vnetHeaderSize = -1;

    /** By index, with gaps; replaced as a whole, under the lock. */
    private volatile SwitchPort[] ports = {};

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
        table = new MacTable(settings.stations(), settings.ageingSeconds());
        this.onFailure = Objects.requireNonNull(onFailure, "onFailure");
        this.clock = clock;
    }

    private static LongSupplier secondsFromNow() {
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
        return new PortHandler(this, channel -> {
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
        return new PortHandler(this, channel -> attach(channel, vnetHeaderSize, offloads, policy));
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
        int index = Arrays.asList(ports).indexOf(null);
        if (index < 0) {
            index = ports.length;
        }
        if (index > MacTable.MAX_PORT) {
            throw new IllegalStateException("too many ports: ports=" + index);
        }
        SwitchPort port = new SwitchPort(index, channel, loop, headerSize, OffloadNeeds.granted(offloads), policy);
        SwitchPort[] more = Arrays.copyOf(ports, Math.max(ports.length, index + 1));
        more[index] = port;
        ports = more;
        return port;
    }

    /** Called on the port's loop, which is the only one that learns for it. */
    synchronized void detach(SwitchPort port) {
        SwitchPort[] fewer = ports.clone();
        fewer[port.index()] = null;
        ports = fewer;
        table.removePort(port.index());
    }

    void failed(Channel channel, Throwable cause) {
        onFailure.accept(channel, cause);
    }

    MacTable table() {
        return table;
    }

    /** By index, with gaps. Not to be changed. */
    SwitchPort[] portsByIndex() {
        return ports;
    }

    /**
     * The ports of this moment.
     *
     * @return a new list, by index
     */
    public List<SwitchPort> ports() {
        return Arrays.stream(ports).filter(Objects::nonNull).collect(Collectors.toList());
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
    public void forEachStation(MacTable.Visitor visitor) {
        table.forEach(clock.getAsLong(), visitor);
    }

    /** Forgets all stations. */
    public void forgetStations() {
        table.clear();
    }

    /** Releases frames that were handed over to loops which ended before they took them. Call when all have ended. */
    public void releaseHandedOver() {
        List<SwitchLoop> all;
        synchronized (this) {
            all = new ArrayList<>(loops.values());
        }
        all.forEach(SwitchLoop::releaseHandedOver);
    }
}
