/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.switching;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The forwarding path: what happens to each frame that comes in through a port.
 *
 * <p>It owns the frame until it has passed it on or released it. Nothing is allocated for a frame, and the frame is not
 * parsed beyond its two addresses.
 */
final class PortHandler extends ChannelInboundHandlerAdapter {

    private static final int ETHERNET_HEADER = 14;
    private static final long MAC_MASK = 0xffff_ffff_ffffL;

    /** IEEE Std 802.1D-2004, table 7-10: 01-80-C2-00-00-00 to -0F are not forwarded. */
    private static final long RESERVED = 0x0180_c200_0000L;

    private final EthernetSwitch lan;
    private final Function<Channel, SwitchPort> attach;
    private final Consumer<ByteBuf> sendSegment = segment -> send(segment, this.segmentsTo);
    private SwitchPort port;
    private boolean failed;

    /** Where the segments of the superframe in hand go. */
    private SwitchPort segmentsTo;

    PortHandler(EthernetSwitch lan, Function<Channel, SwitchPort> attach) {
        this.lan = lan;
        this.attach = attach;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        port = attach.apply(context.channel());
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
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        int header = frame.readerIndex();
        int start = header + port.vnetHeaderSize();
        if (frame.writerIndex() - start < ETHERNET_HEADER) {
            port.countMalformed();
            frame.release();
            return;
        }
        // Destination and source are six bytes each; eight bytes from 0 and from 4 hold one of them each.
        long destination = frame.getLong(start) >>> 16;
        long source = frame.getLong(start + 4) & MAC_MASK;
        MacTable table = lan.table();
        long now = port.loop().now();
        table.learn(source, port.index(), now);
        int needs = port.vnetHeaderSize() == 0 ? 0 : OffloadNeeds.of(frame, header);
        if (MacAddress.isGroup(destination)) {
            if ((destination & ~0xfL) == RESERVED) {
                port.countFiltered();
                frame.release();
            } else {
                flood(frame, needs);
            }
            return;
        }
        int index = table.find(destination, now);
        SwitchPort[] ports = lan.portsByIndex();
        SwitchPort to = index >= 0 && index < ports.length ? ports[index] : null;
        if (to == null) {
            flood(frame, needs);
        } else if (to == port) {
            port.countFiltered();
            frame.release();
        } else {
            send(frame, needs, to);
        }
    }

    private void flood(ByteBuf frame, int needs) {
        for (SwitchPort to : lan.portsByIndex()) {
            if (to != null && to != port) {
                // A duplicate, since an NIO view of a buffer must not be used by two loops at a time.
                send(frame.retainedDuplicate(), needs, to);
            }
        }
        frame.release();
    }

    private void send(ByteBuf frame, int needs, SwitchPort to) {
        if (to.takes(needs)) {
            send(frame, to);
        } else {
            sendSegments(frame, to);
        }
    }

    private void send(ByteBuf frame, SwitchPort to) {
        if (!port.loop().send(frame, to)) {
            port.countCongested();
            frame.release();
        }
    }

    /** What a network card would have done for the port: one frame a segment, all checksums whole. */
    private void sendSegments(ByteBuf frame, SwitchPort to) {
        int header = port.vnetHeaderSize();
        ByteBufAllocator allocator = to.channel().alloc();
        segmentsTo = to;
        try {
            FrameVerdict verdict = Segmentation.segment(frame, header, header, allocator, sendSegment);
            if (verdict == FrameVerdict.WELL_FORMED) {
                port.countSegmented();
            } else {
                port.countMalformed();
            }
        } finally {
            segmentsTo = null;
            frame.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        port.loop().endBatch();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException && context.channel().isOpen()) {
            return; // A frame that could not be sent; its channel has counted it.
        }
        context.close();
        if (!failed) {
            // Every frame that was still to be sent fails with the same cause.
            failed = true;
            lan.failed(context.channel(), cause);
        }
    }
}
