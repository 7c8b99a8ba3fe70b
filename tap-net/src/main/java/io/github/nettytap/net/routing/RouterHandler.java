/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.IOException;

/** Where frames enter the router: those for it go to the protocol that they are of. */
final class RouterHandler extends ChannelInboundHandlerAdapter {

    private final Router router;
    private final RouterPort port;

    RouterHandler(Router router, RouterPort port) {
        this.router = router;
        this.port = port;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        int header = router.vnetHeaderSize();
        int ethernet = frame.readerIndex() + header;
        if (frame.writerIndex() - ethernet < EthernetHeader.LENGTH || !isSound(frame, header)) {
            drop(frame, RouterCounter.MALFORMED);
            return;
        }
        long destination = EthernetHeader.destination(frame, ethernet);
        boolean isToGroup = MacAddress.isGroup(destination);
        if (!isToGroup && destination != port.mac()) {
            drop(frame, RouterCounter.IGNORED);
            return;
        }
        switch (EthernetHeader.type(frame, ethernet)) {
            case EthernetHeader.TYPE_IPV4 -> router.ipv4().receive(frame, port, isToGroup);
            case EthernetHeader.TYPE_IPV6 -> router.ipv6().receive(frame, port, isToGroup);
            case EthernetHeader.TYPE_ARP -> router.arp().receive(frame, port);
            default -> drop(frame, RouterCounter.IGNORED);
        }
    }

    /** Other steps rely on the offsets of the virtio-net header, which the sender has made. */
    private static boolean isSound(ByteBuf frame, int header) {
        int index = frame.readerIndex();
        return header == 0
                || VirtioNetHeader.isPlain(frame, index)
                || FrameValidator.validate(frame, index, frame.writerIndex(), header) == FrameVerdict.WELL_FORMED;
    }

    private void drop(ByteBuf frame, RouterCounter reason) {
        port.increment(reason);
        frame.release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        router.endBatch();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        router.remove(port);
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException && context.channel().isOpen()) {
            return; // A frame that could not be sent; its channel has counted it.
        }
        context.close();
        router.failed(port, cause);
    }
}
