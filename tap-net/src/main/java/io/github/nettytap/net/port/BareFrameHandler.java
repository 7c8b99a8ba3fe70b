/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Lets a channel of bare frames be a port among ports with virtio-net headers: puts a header of zeros, which is that of
 * a plain complete frame, in front of each frame that comes in, and takes off that of each that goes out.
 *
 * <pre>
 *   socket ── frames (one ByteBuf each) ── BareFrameHandler(V1) ── handler of switch or router
 * </pre>
 *
 * <p>Its port has no offloads, so that what goes out is complete: {@link EgressBatch} sees to that. Going out costs
 * nothing. Coming in, the header is written into the bytes before the frame if the handler was told that they are the
 * frame's own, as a decoder of lengths or a receive buffer with headroom can provide; else the frame is copied behind
 * one.
 */
public final class BareFrameHandler extends ChannelDuplexHandler {

    private final int vnetHeaderSize;
    private final boolean headroom;

    /**
     * Makes a handler for one channel.
     *
     * @param vnetHeader the header of the other ports
     * @param headroom whether the bytes in front of each frame that comes in, where its buffer has so many, may be
     *     written
     */
    public BareFrameHandler(VnetHeader vnetHeader, boolean headroom) {
        if (!vnetHeader.isPresent()) {
            throw new IllegalArgumentException(
                    "no header to add: vnetHeader=" + vnetHeader + " (expected: that of the other ports)");
        }
        vnetHeaderSize = vnetHeader.length();
        this.headroom = headroom;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        context.fireChannelRead(message instanceof ByteBuf ? withHeader(context, (ByteBuf) message) : message);
    }

    private ByteBuf withHeader(ChannelHandlerContext context, ByteBuf frame) {
        int index = frame.readerIndex();
        if (headroom && index >= vnetHeaderSize && !frame.isReadOnly()) {
            frame.setZero(index - vnetHeaderSize, vnetHeaderSize);
            return frame.readerIndex(index - vnetHeaderSize);
        }
        try {
            ByteBuf copy = context.alloc().directBuffer(vnetHeaderSize + frame.readableBytes());
            return copy.writeZero(vnetHeaderSize).writeBytes(frame, index, frame.readableBytes());
        } finally {
            frame.release();
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        context.write(message instanceof ByteBuf ? ((ByteBuf) message).skipBytes(vnetHeaderSize) : message, promise);
    }
}
