/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.ReferenceCountUtil;

import java.net.SocketAddress;
import java.util.function.Consumer;

/**
 * One frame a datagram, and one peer: the protocol of QEMU's {@code -netdev dgram}, libkrun and vfkit.
 *
 * <p>A Unix datagram socket has no peer before it has heard one. Then it is connected to that one: a full queue of the
 * peer makes a connected socket wait, one that is not would never stop saying that it is writable. Until then what is
 * sent is dropped. vfkit's greeting, a datagram of four bytes, is not passed on.
 *
 * <p>What is passed on is a copy behind headroom for a virtio-net header: the receive buffer holds the largest frame.
 */
final class DatagramFrames extends ChannelDuplexHandler {

    /** "VFKT", which vfkit sends first, so that the other side knows where to send to. */
    static final int GREETING = 0x56464b54;

    private final Consumer<DomainSocketAddress> onPeer;
    private boolean hasPeer;

    /**
     * Makes a handler for one channel.
     *
     * @param onPeer called with the peer that was heard first; null if the channel is connected
     */
    DatagramFrames(Consumer<DomainSocketAddress> onPeer) {
        this.onPeer = onPeer;
        hasPeer = onPeer == null;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        AddressedEnvelope<?, ?> datagram = (AddressedEnvelope<?, ?>) message;
        ByteBuf content = (ByteBuf) datagram.content();
        try {
            if (!hasPeer) {
                meet(context, datagram.sender());
            }
            int length = content.readableBytes();
            if (length == 0 || length == Integer.BYTES && content.getInt(content.readerIndex()) == GREETING) {
                return;
            }
            ByteBuf frame = context.alloc().directBuffer(FrameStreamDecoder.HEADROOM + length);
            frame.setIndex(FrameStreamDecoder.HEADROOM, FrameStreamDecoder.HEADROOM);
            context.fireChannelRead(frame.writeBytes(content));
        } finally {
            datagram.release();
        }
    }

    /** A peer that has not bound its socket cannot be answered, so it is none. */
    private void meet(ChannelHandlerContext context, SocketAddress sender) {
        if (sender instanceof DomainSocketAddress
                && !((DomainSocketAddress) sender).path().isEmpty()) {
            hasPeer = true;
            context.channel().connect(sender).addListener(done -> {
                if (!done.isSuccess()) {
                    hasPeer = false;
                }
            });
            onPeer.accept((DomainSocketAddress) sender);
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (hasPeer) {
            context.write(message, promise);
        } else {
            ReferenceCountUtil.release(message);
            promise.trySuccess();
        }
    }
}
