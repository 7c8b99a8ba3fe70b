package com.example;

import io.github.nettytap.transport.channel.TapAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;

/** Says how long the first frame is that the kernel sends into tap0 (of a host that comes up, a multicast report). */
public final class CountFrames {
    public static void main(String[] arguments) throws InterruptedException {
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        Channel tap = new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_UP, true)
                .handler(new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
                        System.out.println("a frame of " + frame.readableBytes() + " bytes");
                        context.close();
                    }
                })
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        tap.closeFuture().sync();
        group.shutdownGracefully().sync();
    }
}
