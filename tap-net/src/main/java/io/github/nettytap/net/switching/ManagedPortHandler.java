/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.RequiredOffloads;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.fdb.Fdb.Kind;
import io.github.nettytap.net.switching.fdb.Fdb.LearnResult;
import io.github.nettytap.net.switching.fdb.MacLimit;
import io.github.nettytap.net.switching.multicast.MulticastSnooping;
import io.github.nettytap.net.switching.multicast.Receivers;
import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.table.TokenBucket;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;

import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The forwarding path of a port whose policy asks something of frames that come in.
 *
 * <pre>
 *   frame ─► VLAN of the frame ─► source: held? one too many? ─► destination ─┬─► its port, unless both are isolated
 *                                                                             └─► flood: storm limit, snooping, isolation
 * </pre>
 *
 * <p>Whatever ends here is counted by its reason.
 */
final class ManagedPortHandler extends PortHandler {

    private static final int VLAN_MASK = 0xfff;

    private VlanVariants variants;
    private MacLimit macLimit;

    private int stormLimit;

    /** Of frames that are flooded, made for the first. It is filled once a second, the grain of the loop's time. */
    private TokenBucket stormControl;

    private boolean monitor;
    private boolean sticky;

    ManagedPortHandler(EthernetSwitch lan, Function<Channel, SwitchPort> attach) {
        super(lan, attach);
    }

    ManagedPortHandler(PortHandler before) {
        super(before);
        takePolicy();
    }

    /** Whether the path of {@link TransparentPortHandler} would not do. */
    static boolean isNeededFor(PortPolicy policy) {
        return !policy.vlans().isTransparent()
                || policy.isolated()
                || policy.macLimit() > 0
                || policy.sticky()
                || policy.stormLimit() > 0
                || policy.mirroring() == Mirroring.MONITOR;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        super.channelActive(context);
        takePolicy();
    }

    private void takePolicy() {
        PortPolicy policy = port.policy();
        variants = new VlanVariants(port.channel().alloc(), port.vnetHeaderSize());
        macLimit = policy.macLimit() == 0
                ? null
                : new MacLimit(lan.fdb(), port.index(), policy.macLimit(), EthernetSwitch.staticKeys(port));
        stormLimit = policy.stormLimit();
        stormControl = null;
        monitor = policy.mirroring() == Mirroring.MONITOR;
        sticky = policy.sticky();
    }

    /** Whether enough was flooded in this second. Takes a token of the bucket if there is one and it is asked to. */
    private boolean isStorm(long now, boolean take) {
        if (stormLimit == 0) {
            return false;
        }
        long millis = TimeUnit.SECONDS.toMillis(now);
        if (stormControl == null) {
            stormControl = new TokenBucket(stormLimit, stormLimit, millis);
        }
        return take ? !stormControl.take(millis) : stormControl.isEmpty(millis);
    }

    @Override
    void forward(ByteBuf frame) {
        int start = frame.readerIndex() + port.vnetHeaderSize();
        if (monitor) {
            port.countFiltered();
            frame.release();
        } else if (frame.writerIndex() - start < ETHERNET_HEADER) {
            port.countMalformed();
            frame.release();
        } else if (port.vlans().isTransparent()) {
            variants.takeUntagged(frame, 0);
            forward(frame, start, 0, EthernetHeader.LENGTH);
        } else {
            classify(frame, start);
        }
    }

    /** Finds the VLAN: the outermost tag counts, of 802.1Q or 802.1ad, and what is behind it is payload. */
    private void classify(ByteBuf frame, int start) {
        PortVlans vlans = port.vlans();
        if (!EthernetHeader.isTag(EthernetHeader.type(frame, start))) {
            if (vlans.untagged() == 0) {
                drop(frame, PolicyDrop.VLAN);
            } else {
                variants.takeUntagged(frame, vlans.untagged());
                forward(frame, start, vlans.untagged(), EthernetHeader.LENGTH);
            }
            return;
        }
        int headerLength = EthernetHeader.LENGTH + EthernetHeader.TAG_LENGTH;
        if (frame.writerIndex() - start < headerLength) {
            port.countMalformed();
            frame.release();
            return;
        }
        int tag = EthernetHeader.tagControl(frame, start) & VLAN_MASK;
        int vlan = tag == 0 ? vlans.untagged() : tag;
        if (vlan == 0
                || tag != 0 && !(vlans.isTrunk() && vlans.carries(tag))
                || tag == 0 && hasSecondTag(frame, start)) {
            drop(frame, PolicyDrop.VLAN);
            return;
        }
        if (tag == 0) {
            variants.takePriorityTagged(frame, vlan);
        } else {
            variants.takeTagged(frame, vlan);
        }
        forward(frame, start, vlan, headerLength);
    }

    /**
     * Whether there is a tag behind the first. Behind a priority tag, which goes where the frame leaves untagged, it
     * would be the VLAN of the frame for the next switch: one that the sender chose and is not in.
     */
    private static boolean hasSecondTag(ByteBuf frame, int start) {
        return EthernetHeader.isTag(frame.getUnsignedShort(start + EthernetHeader.LENGTH + Short.BYTES));
    }

    private void drop(ByteBuf frame, PolicyDrop reason) {
        port.countDropped(reason);
        frame.release();
    }

    /** The frame is in {@link #variants}, which owns it. */
    private void forward(ByteBuf frame, int start, int vlan, int headerLength) {
        try {
            long source = Fdb.key(EthernetHeader.source(frame, start), vlan);
            long now = loop.now();
            if (!learn(source, now)) {
                return;
            }
            int required = port.vnetHeaderSize() == 0 ? 0 : RequiredOffloads.of(frame, frame.readerIndex());
            long destination = EthernetHeader.destination(frame, start);
            if (MacAddress.isGroup(destination)) {
                if (lan.filters(destination)) {
                    port.countFiltered();
                } else {
                    multicast(frame, start + headerLength, vlan, required, now, destination);
                }
                return;
            }
            SwitchPort to = lan.topology().port(lan.fdb().find(Fdb.key(destination, vlan), port.index(), now));
            if (to == null) {
                flood(vlan, required, Receivers.ALL, now);
            } else if (to == port) {
                port.countFiltered();
            } else if (port.isIsolated() && to.isIsolated()) {
                port.countDropped(PolicyDrop.ISOLATED);
            } else {
                if (!loop.send(variants.of(to), required, port, to)) {
                    port.countMalformed();
                }
            }
        } finally {
            variants.release();
        }
    }

    /** False if the frame may not come from where it says, which is counted. */
    private boolean learn(long source, long now) {
        if (MacAddress.isGroup(source) || Fdb.mac(source) == 0) {
            port.countDropped(PolicyDrop.INVALID_SOURCE);
            return false;
        }
        if (macLimit != null && !macLimit.admits(source, now)) {
            port.countDropped(PolicyDrop.LIMIT);
            return false;
        }
        Fdb fdb = lan.fdb();
        LearnResult learned =
                sticky ? fdb.pin(source, port.index(), Kind.STICKY, now) : fdb.learn(source, port.index(), now);
        if (learned == LearnResult.HELD) {
            port.countDropped(PolicyDrop.HELD);
            return false;
        }
        if (learned == LearnResult.MOVED) {
            addressMoved(source, now);
        }
        return true;
    }

    private void multicast(ByteBuf frame, int payload, int vlan, int required, long now, long destination) {
        MulticastSnooping snooping = lan.snooping();
        if (snooping == null) {
            flood(vlan, required, Receivers.ALL, now);
            return;
        }
        // A query that will not reach the listeners must not end what they listen to.
        boolean heardByAll = !port.isIsolated() && !isStorm(now, false);
        flood(
                vlan,
                required,
                snooping.receivers(frame, payload, vlan, port.index(), destination, heardByAll, now),
                now);
    }

    private void flood(int vlan, int required, Receivers receivers, long now) {
        // What snooping sends to listeners is no flood.
        if (receivers == Receivers.ALL && isStorm(now, true)) {
            port.countDropped(PolicyDrop.STORM);
            return;
        }
        boolean isolated = port.isIsolated();
        boolean wellFormed = true;
        for (SwitchPort to : lan.topology().of(vlan)) {
            if (to != port && receivers.include(to.index()) && !(isolated && to.isIsolated())) {
                wellFormed &= loop.send(variants.of(to), required, port, to);
            }
        }
        if (!wellFormed) {
            port.countMalformed();
        }
    }
}
