/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.vxlan;

import io.github.nettytap.codec.tunnel.VxlanFrame;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** The last handler of a TAP: what the kernel sends goes into the tunnel, as a frame of the TAP's network. */
final class TapToTunnel extends ChannelInboundHandlerAdapter {

    private final int vni;
    private final Channel tunnel;
    private final EndpointCounters counters;
    private final ChannelFutureListener whenSent;

    TapToTunnel(int vni, Channel tunnel, EndpointCounters counters) {
        this.vni = vni;
        this.tunnel = tunnel;
        this.counters = counters;
        whenSent = sent -> {
            if (!sent.isSuccess()) {
                counters.countUnsent();
            }
        };
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        VirtioNetFrame frame = (VirtioNetFrame) message;
        if (!tunnel.isWritable()) {
            // One superframe is dozens of datagrams: a batch of them may fill the channel before it is flushed.
            tunnel.flush();
        }
        if (!tunnel.isWritable()) {
            counters.countCongested();
            frame.release();
            return;
        }
        // The frame is left, its memory goes on. The VXLAN header takes the place of the virtio-net header before it.
        ByteBuf content = frame.content().retain();
        frame.release();
        tunnel.write(new VxlanFrame(vni, content)).addListener(whenSent);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        tunnel.flush();
    }
}
