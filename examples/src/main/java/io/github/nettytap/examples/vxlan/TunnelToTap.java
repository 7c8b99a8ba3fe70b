/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.vxlan;

import io.github.nettytap.codec.tunnel.VxlanFrame;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;

/** The last handler of the tunnel: what another endpoint sends goes to the TAP of its network. */
final class TunnelToTap extends ChannelInboundHandlerAdapter {

    private final IntObjectMap<Channel> taps = new IntObjectHashMap<>();
    private final EndpointCounters counters;

    TunnelToTap(EndpointCounters counters) {
        this.counters = counters;
    }

    /** On the event loop. */
    void add(int vni, Channel tap) {
        taps.put(vni, tap);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        VxlanFrame frame = (VxlanFrame) message;
        Channel tap = taps.get(frame.vni());
        if (tap == null || !tap.isWritable()) {
            counters.countCongested();
            frame.release();
            return;
        }
        tap.write(frame.content()); // the content has no owner but the frame, which is left
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        for (Channel tap : taps.values()) {
            tap.flush();
        }
    }
}
