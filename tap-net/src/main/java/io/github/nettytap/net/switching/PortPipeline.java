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
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;

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

    static void complete(ChannelHandlerContext forwarding, EthernetSwitch lan, SwitchPort port) {
        ChannelPipeline pipeline = forwarding.pipeline();
        if (port.policy().coalesce()) {
            pipeline.addBefore(forwarding.name(), null, coalescing(port));
        }
        if (port.policy().mirroring() == Mirroring.MIRRORED) {
            pipeline.addBefore(forwarding.name(), null, new MirrorHandler(lan, port));
        }
        if (!port.policy().sources().isEmpty()) {
            MacRules.Builder rules = MacRules.ALL.toBuilder();
            port.policy().sources().forEach(rules::source);
            MacFilter filter = new MacFilter(VnetHeader.ofLength(port.vnetHeaderSize()), rules.build(), MacRules.ALL);
            port.sourceFilter(filter);
            pipeline.addBefore(forwarding.name(), null, filter);
        }
    }

    private static CoalescingWriteHandler coalescing(SwitchPort port) {
        if (port.vnetHeaderSize() == 0) {
            throw new IllegalArgumentException("frames can only be joined with virtio-net headers: port=" + port.name()
                    + ", vnetHeaderSize=0 (expected: a port with offloads in the switch)");
        }
        // Kernels that do not offer USO may not take UDP GSO frames either.
        boolean udp = port.takes(RequiredOffloads.negotiated(Set.of(TapOffload.USO4)));
        return CoalescingWriteHandler.packets(
                VnetHeader.ofLength(port.vnetHeaderSize()), udp ? new Coalescer() : Coalescer.tcpOnly());
    }
}
