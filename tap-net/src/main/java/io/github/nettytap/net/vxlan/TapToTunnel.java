/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.tunnel.FlowHash;
import io.github.nettytap.codec.tunnel.VxlanFrame;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.transport.device.TapException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.util.List;

/**
 * The last handler of a TAP: what the kernel sends goes into the tunnel, as a frame of the TAP's network, through the socket
 * of its flow.
 */
final class TapToTunnel extends ChannelInboundHandlerAdapter {

    private final int vni;
    private final Channel[] sockets;
    private final boolean[] touched;
    private final SocketCounters counters;

    TapToTunnel(int vni, List<Channel> sockets, SocketCounters counters) {
        this.vni = vni;
        this.sockets = sockets.toArray(Channel[]::new);
        this.counters = counters;
        touched = new boolean[this.sockets.length];
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        VirtioNetFrame frame = (VirtioNetFrame) message;
        int chosen = choose(frame.content());
        Channel socket = sockets[chosen];
        if (!socket.isWritable()) {
            // One GSO frame is dozens of datagrams: a batch of them may fill the channel before it is flushed.
            socket.flush();
        }
        if (!socket.isWritable()) {
            counters.countCongested();
            frame.release();
            return;
        }
        // The frame is left, its memory goes on. The VXLAN header takes the place of the virtio-net header before it.
        ByteBuf content = frame.content().retain();
        frame.release();
        touched[chosen] = true;
        socket.write(new VxlanFrame(vni, content), socket.voidPromise());
    }

    private int choose(ByteBuf content) {
        if (sockets.length == 1) {
            return 0;
        }
        int hash = FlowHash.of(content, content.readerIndex(), content.writerIndex());
        return (int) ((hash & 0xffff_ffffL) * sockets.length >>> Integer.SIZE);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        for (int i = 0; i < sockets.length; i++) {
            if (touched[i]) {
                touched[i] = false;
                sockets[i].flush();
            }
        }
    }

    /** A device that is gone closes the channel, and who waits for that tells it: it is no news of the pipeline. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof TapException) {
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
