/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.switching;

import io.github.nettytap.codec.filter.MacFilter;
import io.github.nettytap.codec.filter.MacRules;
import io.github.nettytap.examples.switching.policy.Mirroring;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;

/**
 * What a policy puts into the pipeline in front of the forwarding handler.
 *
 * <pre>
 *   TAP ─► MirrorHandler ─► MacFilter ─► PortHandler      each only if the policy asks for it
 * </pre>
 *
 * <p>The mirror is next to the device: its copies are what was on the wire.
 */
final class PortPipeline {

    private PortPipeline() {}

    static void complete(ChannelHandlerContext forwarding, EthernetSwitch lan, SwitchPort port) {
        ChannelPipeline pipeline = forwarding.pipeline();
        if (port.policy().mirroring() == Mirroring.MIRRORED) {
            pipeline.addBefore(forwarding.name(), null, new MirrorHandler(lan, port));
        }
        if (!port.policy().sources().isEmpty()) {
            MacRules.Builder rules = MacRules.ALL.toBuilder();
            port.policy().sources().forEach(rules::source);
            MacFilter filter = new MacFilter(port.vnetHeaderSize(), rules.build(), MacRules.ALL);
            port.sourceFilter(filter);
            pipeline.addBefore(forwarding.name(), null, filter);
        }
    }
}
