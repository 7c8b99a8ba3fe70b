/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.filter.MacFilter;
import io.github.nettytap.codec.filter.MacVerdict;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.transport.channel.TapCounters;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A port of the switch: its channel, what its other side takes, and what went wrong here.
 *
 * <p>The event loop of the port is the only writer of its counters; any thread may read them.
 */
public final class SwitchPort extends Port {

    private static final VarHandle MALFORMED = counter("malformed");
    private static final VarHandle SEGMENTED = counter("segmented");
    private static final VarHandle CONGESTED = counter("congested");
    private static final VarHandle FILTERED = counter("filtered");

    private final int index;
    private final SwitchLoop loop;
    private final PortPolicy policy;
    private final AtomicLongArray dropped = new AtomicLongArray(PolicyDrop.values().length);

    /** Null if frames may come from any address. */
    private volatile MacFilter sourceFilter;

    private long malformed;
    private long segmented;
    private long congested;
    private long filtered;

    SwitchPort(
            int index,
            Channel channel,
            SwitchLoop loop,
            int vnetHeaderSize,
            Set<TapOffload> offloads,
            PortPolicy policy) {
        super(channel, vnetHeaderSize, offloads);
        this.index = index;
        this.loop = loop;
        this.policy = policy;
    }

    private static VarHandle counter(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(SwitchPort.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The number of the port: the lowest that was free. */
    public int index() {
        return index;
    }

    @Override
    public String name() {
        return channel().hasAttr(NAME) || channel().localAddress() != null ? super.name() : "port" + index;
    }

    /** What the port may do, and what is done for it. */
    public PortPolicy policy() {
        return policy;
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

    void sourceFilter(MacFilter filter) {
        sourceFilter = filter;
    }

    SwitchLoop loop() {
        return loop;
    }

    void countMalformed() {
        MALFORMED.setOpaque(this, malformed + 1);
    }

    void countSegmented() {
        SEGMENTED.setOpaque(this, segmented + 1);
    }

    void countCongested() {
        CONGESTED.setOpaque(this, congested + 1);
    }

    void countDropped(PolicyDrop reason) {
        int index = reason.ordinal();
        dropped.lazySet(index, dropped.get(index) + 1);
    }

    void countFiltered() {
        FILTERED.setOpaque(this, filtered + 1);
    }

    /** Frames that came in too short for an Ethernet header, or with a virtio-net header that does not fit them. */
    public long malformed() {
        MacFilter filter = sourceFilter;
        long filtered = filter == null ? 0 : filter.inboundCount(MacVerdict.DROP_MALFORMED);
        return (long) MALFORMED.getOpaque(this) + filtered;
    }

    /** Times that a frame came in with an offload that a port it was meant for has not negotiated, and was cut for it. */
    public long segmented() {
        return (long) SEGMENTED.getOpaque(this);
    }

    /** Frames that came in while the port, or the loop, they were meant for was behind, or that this port had no room for. */
    public long congested() {
        return (long) CONGESTED.getOpaque(this);
    }

    /** Frames that came in and ended here, as they should: their destination is behind the port that they came from. */
    public long filtered() {
        return (long) FILTERED.getOpaque(this);
    }

    /** Frames that came in and that the policy of this port let go no further. */
    public long dropped(PolicyDrop reason) {
        MacFilter filter = sourceFilter;
        if (reason != PolicyDrop.SOURCE || filter == null) {
            return dropped.get(reason.ordinal());
        }
        return filter.inboundCount(MacVerdict.DROP_SOURCE) + filter.inboundCount(MacVerdict.DROP_GROUP_SOURCE);
    }

    private long droppedByPolicy() {
        long sum = 0;
        for (PolicyDrop reason : PolicyDrop.values()) {
            sum += dropped(reason);
        }
        return sum;
    }

    /** All frames lost at this port: those of the switch and those that the channel could not send. */
    public long drops() {
        long inSwitch = malformed() + congested() + droppedByPolicy();
        TapCounters counters = channelCounters();
        return counters == null ? inSwitch : inSwitch + counters.drops();
    }
}
