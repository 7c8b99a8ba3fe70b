/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.filter.MacFilter;
import io.github.nettytap.codec.filter.MacVerdict;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.transport.channel.TapCounters;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;

import java.util.Set;

/**
 * A port of the switch: its channel, what its other side takes, and what went wrong here.
 *
 * <p>The event loop of the port is the only writer of its counters; any thread may read them.
 */
public final class SwitchPort extends Port {

    private final int index;
    private final SwitchLoop loop;

    /** Replaced on the loop of the port; other loops ask whether it is isolated and what it sends tagged. */
    private volatile PortPolicy policy;

    private final EnumCounters<PolicyDrop> dropped = new EnumCounters<>(PolicyDrop.class);

    /** Null if frames may come from any address. */
    private volatile MacFilter sourceFilter;

    /** What filters counted that were there before. */
    private volatile long malformedByFilters;

    private volatile long droppedByFilters;

    private final Counter malformed = new Counter();
    private final Counter segmented = new Counter();
    private final Counter congested = new Counter();
    private final Counter filtered = new Counter();
    private final Counter errors = new Counter();

    SwitchPort(
            int index,
            Channel channel,
            SwitchLoop loop,
            VnetHeader vnetHeader,
            Set<TapOffload> offloads,
            PortPolicy policy) {
        super(channel, vnetHeader, offloads);
        this.index = index;
        this.loop = loop;
        this.policy = policy;
    }

    /**
     * Puts a handler in front of the forwarding, where frames have the virtio-net header that they have in the switch.
     * On the event loop of the port.
     *
     * @param handler sees what comes in and goes out
     */
    public void addHandler(ChannelHandler handler) {
        ChannelPipeline pipeline = channel().pipeline();
        pipeline.addBefore(pipeline.context(PortHandler.class).name(), null, handler);
    }

    /**
     * The number of the port: the lowest that was free.
     *
     * @return 0 or more
     */
    public int index() {
        return index;
    }

    @Override
    public String name() {
        return channel().hasAttr(NAME) || channel().localAddress() != null ? super.name() : "port" + index;
    }

    /**
     * What the port may do, and what is done for it.
     *
     * @return the policy of this moment
     */
    public PortPolicy policy() {
        return policy;
    }

    void policy(PortPolicy other) {
        policy = other;
    }

    PortVlans vlans() {
        return policy.vlans();
    }

    /** Whether frames of a VLAN leave here with a tag. */
    boolean sendsTagged(int vlan) {
        return vlan != policy.vlans().untagged();
    }

    boolean isIsolated() {
        return policy.isolated();
    }

    /** Puts another filter, or none, in place of the one that there was, whose counts stay. */
    void sourceFilter(MacFilter filter) {
        MacFilter before = sourceFilter;
        if (before != null) {
            malformedByFilters += before.inboundCount(MacVerdict.DROP_MALFORMED);
            droppedByFilters += sourceDrops(before);
        }
        sourceFilter = filter;
    }

    private static long sourceDrops(MacFilter filter) {
        return filter == null
                ? 0
                : filter.inboundCount(MacVerdict.DROP_SOURCE) + filter.inboundCount(MacVerdict.DROP_GROUP_SOURCE);
    }

    SwitchLoop loop() {
        return loop;
    }

    void countMalformed() {
        malformed.increment();
    }

    void countSegmented() {
        segmented.increment();
    }

    void countCongested() {
        congested.increment();
    }

    void countDropped(PolicyDrop reason) {
        dropped.increment(reason);
    }

    void countFiltered() {
        filtered.increment();
    }

    void countError() {
        errors.increment();
    }

    /**
     * Frames that came in too short for an Ethernet header, or with a virtio-net header that does not fit them.
     *
     * @return the count
     */
    public long malformed() {
        MacFilter filter = sourceFilter;
        long byFilter = filter == null ? 0 : filter.inboundCount(MacVerdict.DROP_MALFORMED);
        return malformed.get() + byFilter + malformedByFilters;
    }

    /**
     * Times that a frame came in with an offload that a port it was meant for has not negotiated, and was segmented for
     * it.
     *
     * @return the count
     */
    public long segmented() {
        return segmented.get();
    }

    /**
     * Frames that came in while the port, or the loop, they were meant for was behind, or that this port had no room
     * for.
     *
     * @return the count
     */
    public long congested() {
        return congested.get();
    }

    /**
     * Frames that came in and ended here, as they should: their destination is behind the port that they came from.
     *
     * @return the count
     */
    public long filtered() {
        return filtered.get();
    }

    /**
     * Frames that came in and were lost to an error of the program, or for want of memory. The port goes on.
     *
     * @return the count
     */
    public long errors() {
        return errors.get();
    }

    /**
     * Frames that came in and that the policy of this port let go no further.
     *
     * @param reason why
     * @return the count
     */
    public long dropped(PolicyDrop reason) {
        long here = dropped.get(reason);
        return reason == PolicyDrop.SOURCE ? here + sourceDrops(sourceFilter) + droppedByFilters : here;
    }

    private long droppedByPolicy() {
        long sum = 0;
        for (PolicyDrop reason : PolicyDrop.values()) {
            sum += dropped(reason);
        }
        return sum;
    }

    /**
     * All frames lost at this port: those of the switch and those that the channel could not send.
     *
     * @return the count
     */
    public long drops() {
        long inSwitch = malformed() + congested() + errors() + droppedByPolicy();
        TapCounters counters = channelCounters();
        return counters == null ? inSwitch : inSwitch + counters.drops();
    }
}
