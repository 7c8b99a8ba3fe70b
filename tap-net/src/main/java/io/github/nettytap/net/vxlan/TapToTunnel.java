/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.tunnel.FlowHash;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.EgressBatch;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

import java.util.List;

/**
 * The last handler of a TAP: what the kernel sends goes into the tunnel, as a frame of the TAP's network, through the
 * socket of its flow.
 */
final class TapToTunnel extends ChannelInboundHandlerAdapter {

    private final int vni;
    private final Port[] sockets;
    private final EgressBatch egress = new EgressBatch();
    private final SocketCounters counters;

    TapToTunnel(int vni, List<Channel> sockets, SocketCounters counters) {
        this.vni = vni;
        this.sockets = sockets.stream()
                .map(socket -> new Port(socket, VnetHeader.NONE, TapOffload.NONE))
                .toArray(Port[]::new);
        this.counters = counters;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof VirtioNetFrame)) {
            ReferenceCountUtil.release(message);
            counters.countErrors();
            return;
        }
        VirtioNetFrame frame = (VirtioNetFrame) message;
        ByteBuf content = frame.content();
        try {
            Port socket = choose(content);
            if (!socket.channel().isWritable()) {
                // One GSO frame is dozens of datagrams: a batch of them may fill the channel before it is flushed.
                socket.channel().flush();
            }
            if (!socket.channel().isWritable()) {
                counters.countCongested();
                return;
            }
            // The frame is left, its memory goes on. The VXLAN header takes the place of the virtio-net header before
            // it.
            VxlanFrame encapsulated = new VxlanFrame(vni, content.retain());
            egress.touch(socket);
            socket.channel().write(encapsulated, socket.channel().voidPromise());
        } catch (RuntimeException | OutOfMemoryError e) {
            counters.countErrors();
        } finally {
            frame.release();
        }
    }

    private Port choose(ByteBuf content) {
        if (sockets.length == 1) {
            return sockets[0];
        }
        int hash = FlowHash.of(content, content.readerIndex(), content.writerIndex());
        return sockets[(int) ((hash & 0xffff_ffffL) * sockets.length >>> Integer.SIZE)];
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        egress.flush();
    }

    /** A device that is gone closes the channel, and who waits for that reports it: it is no news of the pipeline. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof TapException) {
            context.close();
        } else if (cause instanceof RuntimeException || cause instanceof OutOfMemoryError) {
            counters.countErrors(); // One frame, in a handler in front.
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
