/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.codec.offload.WireFrames;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.transport.channel.TapAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.OffloadRequest;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;

/**
 * Makes tap0 and prints each frame that the kernel sends into it. The README shows this program.
 *
 * <p>As root, in two terminals:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.PrintFrames
 *                                        # ip address add 10.0.0.1/24 dev tap0
 *                                        # ping -c 1 10.0.0.2
 *   ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28
 * </pre>
 */
public final class PrintFrames {

    private PrintFrames() {}

    /** Runs until the interface is deleted. */
    public static void main(String[] arguments) throws InterruptedException {
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        Channel tap = new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_UP, true)
                .option(TapChannelOption.TAP_OFFLOADS, OffloadRequest.BEST_AVAILABLE)
                .handler(WireFrames.around(new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
                        System.out.println(FramePrinter.LINK_LEVEL.print(frame));
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        System.err.println(cause.getMessage()); // such as that the interface was deleted
                    }
                }))
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        tap.closeFuture().sync();
        group.shutdownGracefully();
    }
}
