/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.net.port.RequiredOffloads;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/** Copies what goes in and out at a port to all monitors, in the form that it has at this port. */
final class MirrorHandler extends ChannelDuplexHandler {

    private final EthernetSwitch lan;
    private final SwitchPort port;
    private final SwitchLoop loop;

    MirrorHandler(EthernetSwitch lan, SwitchPort port) {
        this.lan = lan;
        this.port = port;
        loop = port.loop();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        copy((ByteBuf) message);
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        copy((ByteBuf) message);
        context.write(message, promise);
    }

    /** What goes wrong with a copy is no matter of the frame. */
    private void copy(ByteBuf frame) {
        try {
            copyToMonitors(frame);
        } catch (RuntimeException | OutOfMemoryError e) {
            port.countError();
        }
    }

    private void copyToMonitors(ByteBuf frame) {
        int header = port.vnetHeaderSize();
        if (frame.readableBytes() < header + PortHandler.ETHERNET_HEADER) {
            return; // Its own port counts it.
        }
        int required = header == 0 ? 0 : RequiredOffloads.of(frame, frame.readerIndex());
        for (SwitchPort monitor : lan.topology().monitors()) {
            loop.send(frame.retainedDuplicate(), required, port, monitor);
        }
    }
}
