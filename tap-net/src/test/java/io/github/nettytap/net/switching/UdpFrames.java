/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts the UDP packets without tags or options that leave a port for one address or group. First in the pipeline. */
final class UdpFrames extends ChannelOutboundHandlerAdapter {

    private static final int VNET_HEADER = 12;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int UDP = 17;

    private final long destination;
    private final AtomicInteger count = new AtomicInteger();

    UdpFrames(long destination) {
        this.destination = destination;
    }

    int count() {
        return count.get();
    }

    void reset() {
        count.set(0);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ByteBuf frame = (ByteBuf) message;
        int start = frame.readerIndex() + VNET_HEADER;
        int protocol = EthernetHeader.LENGTH
                + (EthernetHeader.type(frame, start) == EthernetHeader.TYPE_IPV6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL);
        if (EthernetHeader.destination(frame, start) == destination && frame.getUnsignedByte(start + protocol) == UDP) {
            count.incrementAndGet();
        }
        context.write(message, promise);
    }
}
