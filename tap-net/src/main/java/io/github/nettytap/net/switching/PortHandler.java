/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.IOException;
import java.util.function.Function;

/** What every port does: be one from when its channel is active until it is not, end batches, and report its failure. */
abstract class PortHandler extends ChannelInboundHandlerAdapter {

    static final int ETHERNET_HEADER = 14;
    static final long MAC_MASK = 0xffff_ffff_ffffL;

    /** IEEE Std 802.1D-2004, table 7-10: 01-80-C2-00-00-00 to -0F are not forwarded. */
    private static final long RESERVED = 0x0180_c200_0000L;

    final EthernetSwitch lan;
    SwitchPort port;
    SwitchLoop loop;
    private final Function<Channel, SwitchPort> attach;
    private boolean failed;

    PortHandler(EthernetSwitch lan, Function<Channel, SwitchPort> attach) {
        this.lan = lan;
        this.attach = attach;
    }

    static boolean isReserved(long destination) {
        return (destination & ~0xfL) == RESERVED;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        port = attach.apply(context.channel());
        loop = port.loop();
        PortPipeline.complete(context, lan, port);
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (port != null) {
            lan.detach(port);
        }
        context.fireChannelInactive();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        loop.endBatch();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException && context.channel().isOpen()) {
            return; // A frame that could not be sent; its channel has counted it.
        }
        if (!failed) {
            // Every frame that was still to be sent fails with the same cause.
            failed = true;
            lan.failed(context.channel(), cause);
        }
        context.close();
    }
}
