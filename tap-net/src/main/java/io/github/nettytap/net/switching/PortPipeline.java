/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.filter.MacFilter;
import io.github.nettytap.codec.filter.MacRules;
import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.offload.CoalescingWriteHandler;
import io.github.nettytap.codec.virtio.VirtioNetOffload;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.RequiredOffloads;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a policy puts into the pipeline in front of the forwarding handler.
 *
 * <pre>
 *   TAP ◄► CoalescingWriteHandler ◄► MirrorHandler ◄► MacFilter ◄► PortHandler      each only if the policy asks for it
 * </pre>
 *
 * <p>The mirror is in front of the filter: its copies are what was on the wire, refused or not.
 */
final class PortPipeline {

    private PortPipeline() {}

    /** Puts handlers in front of the forwarding one, and returns them. */
    static List<ChannelHandler> complete(ChannelHandlerContext forwarding, EthernetSwitch lan, SwitchPort port) {
        List<ChannelHandler> added = new ArrayList<>();
        Coalescer coalescer = coalescer(port);
        if (coalescer != null) {
            added.add(CoalescingWriteHandler.withHeader(port.vnetHeader(), coalescer));
        }
        if (port.policy().mirroring() == Mirroring.MIRRORED) {
            added.add(new MirrorHandler(lan, port));
        }
        if (!port.policy().sources().isEmpty()) {
            MacRules.Builder rules = MacRules.ALL.toBuilder();
            port.policy().sources().forEach(rules::source);
            MacFilter filter = new MacFilter(port.vnetHeader(), rules.build(), MacRules.ALL);
            port.sourceFilter(filter);
            added.add(filter);
        }
        added.forEach(handler -> forwarding.pipeline().addBefore(forwarding.name(), null, handler));
        return added;
    }

    /** Refuses a policy that the port cannot have. */
    static void check(Object port, VnetHeader header, PortPolicy policy) {
        if (policy.coalescing() == Coalescing.ON && !header.isPresent()) {
            throw new IllegalArgumentException("frames can only be coalesced with virtio-net headers: port=" + port
                    + ", vnetHeaderSize=0 (expected: a port with offloads in the switch)");
        }
    }

    /** What coalesces for a port; null if nothing does. */
    private static Coalescer coalescer(SwitchPort port) {
        return switch (port.policy().coalescing()) {
            case OFF -> null;
            case AUTO -> {
                Set<VirtioNetOffload> offloads = negotiatedTcp(port);
                yield offloads.isEmpty() ? null : Coalescer.of(offloads);
            }
            case ON -> {
                // Kernels that do not offer USO may not take UDP GSO frames either.
                boolean udp = port.takes(RequiredOffloads.negotiated(Set.of(TapOffload.USO4)));
                yield udp ? new Coalescer() : Coalescer.tcpOnly();
            }
        };
    }

    private static Set<VirtioNetOffload> negotiatedTcp(SwitchPort port) {
        Set<VirtioNetOffload> offloads = EnumSet.noneOf(VirtioNetOffload.class);
        for (TapOffload offload : port.offloads()) {
            switch (offload) {
                case TSO4 -> offloads.add(VirtioNetOffload.TSO4);
                case TSO6 -> offloads.add(VirtioNetOffload.TSO6);
                default -> {} // Not of TCP.
            }
        }
        return offloads;
    }
}
