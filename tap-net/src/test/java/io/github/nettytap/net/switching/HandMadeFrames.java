/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The far end of a cable, where the test itself makes frames and looks at them, as hexadecimal texts without virtio-net
 * header: for tags, on machines whose kernel has no VLAN devices.
 */
final class HandMadeFrames implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 30;

    private final TapEventLoopGroup loops =
            TapEventLoopGroup.builder().threads(1).build();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final int vnetHeaderSize;
    private final Channel channel;

    HandMadeFrames(TapDevice device) throws InterruptedException {
        vnetHeaderSize = device.vnetHeaderSize();
        channel = new Bootstrap()
                .group(loops)
                .channelFactory(TapChannel.factory(device))
                .handler(new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
                        received.add(ByteBufUtil.hexDump(frame.skipBytes(vnetHeaderSize)));
                    }
                })
                .register()
                .sync()
                .channel();
    }

    void send(String frame) throws InterruptedException {
        ByteBuf buffer = channel.alloc().directBuffer().writeZero(vnetHeaderSize);
        channel.writeAndFlush(buffer.writeBytes(ByteBufUtil.decodeHexDump(frame)))
                .sync();
    }

    /** The next frame that ends with this payload; what kernels say by themselves is passed over. */
    String await(String payload) throws InterruptedException {
        while (true) {
            String frame = next();
            if (frame.endsWith(payload)) {
                return frame;
            }
        }
    }

    /** The next frame, whatever it is. */
    String next() throws InterruptedException {
        String frame = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("no frame came");
        }
        return frame;
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        loops.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
