/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.filter.MacFilter;
import io.github.nettytap.codec.filter.MacRules;
import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.offload.CoalescingWriteHandler;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.RequiredOffloads;
import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;

import java.util.ArrayList;
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
        if (port.policy().coalesce()) {
            added.add(coalescing(port));
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
        if (policy.coalesce() && !header.isPresent()) {
            throw new IllegalArgumentException("frames can only be coalesced with virtio-net headers: port=" + port
                    + ", vnetHeaderSize=0 (expected: a port with offloads in the switch)");
        }
    }

    private static CoalescingWriteHandler coalescing(SwitchPort port) {
        // Kernels that do not offer USO may not take UDP GSO frames either.
        boolean udp = port.takes(RequiredOffloads.negotiated(Set.of(TapOffload.USO4)));
        return CoalescingWriteHandler.withHeader(port.vnetHeader(), udp ? new Coalescer() : Coalescer.tcpOnly());
    }
}
