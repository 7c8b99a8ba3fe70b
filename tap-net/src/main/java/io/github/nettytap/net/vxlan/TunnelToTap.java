/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.tunnel.VxlanFrame;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;

/**
 * The last handler of the tunnel: what another endpoint sends goes to the TAP of its network, the frames of a flow that came
 * in one batch as one GSO frame.
 */
final class TunnelToTap extends ChannelInboundHandlerAdapter {

    private final IntObjectMap<Tap> taps = new IntObjectHashMap<>();
    private final SocketCounters counters;

    /** A TAP, and what is joined for it: networks know nothing of each other's flows. */
    private record Tap(Channel channel, Coalescer coalescer) {

        /** The TAP's channel takes over what waits; one that is closed meanwhile releases it. */
        void flush() {
            if (coalescer != null && coalescer.size() > 0) {
                coalescer.flush(channel.alloc(), channel::write);
            }
            channel.flush();
        }
    }

    TunnelToTap(SocketCounters counters) {
        this.counters = counters;
    }

    /**
     * Adds a TAP. On the event loop.
     *
     * @param joins whether frames are joined for it
     */
    void add(int vni, Channel tap, boolean joins) {
        taps.put(vni, new Tap(tap, joins ? Coalescer.tcpOnly() : null));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        VxlanFrame frame = (VxlanFrame) message;
        Tap tap = taps.get(frame.vni());
        if (tap == null || !tap.channel().isWritable()) {
            counters.countCongested();
            frame.release();
        } else if (tap.coalescer() == null) {
            // The content has no owner but the frame, which is left.
            tap.channel().write(frame.content());
        } else {
            tap.coalescer().add(VirtioNetFrame.whole(frame.content(), ChecksumState.NONE));
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        for (Tap tap : taps.values()) {
            tap.flush();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        for (Tap tap : taps.values()) {
            if (tap.coalescer() != null) {
                tap.coalescer().discard();
            }
        }
    }
}
