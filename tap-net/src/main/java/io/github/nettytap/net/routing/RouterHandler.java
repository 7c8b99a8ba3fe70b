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
import io.github.nettytap.transport.link.LinkEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;

/** Where frames enter the router: those for it go to the protocol that they are of. */
final class RouterHandler extends ChannelInboundHandlerAdapter {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(RouterHandler.class);

    private final Router router;
    private final RouterPort port;
    private boolean isGone;

    RouterHandler(Router router, RouterPort port) {
        this.router = router;
        this.port = port;
    }

    /** Whatever a frame does, it does to itself: it is released and counted, and the next one is looked at. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        int references = frame.refCnt();
        router.output().begin();
        try {
            receive(frame);
        } catch (RuntimeException | OutOfMemoryError e) {
            if (!router.output().isTaken(frame) && frame.refCnt() == references) {
                frame.release();
            }
            failed(e);
        }
    }

    private void failed(Throwable cause) {
        if (port.count(RouterCounter.FAILED) == 0) {
            LOGGER.warn(
                    "a frame could not be handled, more of this port are only counted: port={}", port.name(), cause);
        }
        port.increment(RouterCounter.FAILED);
    }

    private void receive(ByteBuf frame) {
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

    /** What happens to the link of a TAP. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof LinkEvent change) {
            switch (change.kind()) {
                case UP, CARRIER_ON -> router.linkUp(port);
                case DOWN, CARRIER_OFF -> router.linkDown(port);
                case MTU_CHANGED -> router.mtuChanged(port, change.link().mtu());
                default -> {
                    // Its name and the kernel's own MAC address say nothing of the router.
                }
            }
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (context.channel().isOpen()) {
            // A frame that could not be sent, which its channel has counted, or another handler's trouble with a frame.
            if (!(cause instanceof IOException)) {
                failed(cause);
            }
        } else if (!isGone) {
            // Every frame that was still to be sent fails with the same cause.
            isGone = true;
            router.failed(port, cause);
        }
    }
}
