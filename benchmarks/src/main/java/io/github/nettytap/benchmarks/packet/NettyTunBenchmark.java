/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.packet;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultEventLoopGroup;
import org.drasyl.channel.tun.Tun4Packet;
import org.drasyl.channel.tun.TunAddress;
import org.drasyl.channel.tun.TunChannel;

import java.util.concurrent.TimeUnit;

/**
 * The channel of netty-tun on a TUN, whose packets are bare IP: the kernel does a little less for each than for a
 * TAP's.
 */
@SuppressWarnings("deprecation") // DefaultEventLoopGroup is the only kind of group that its channel registers with.
public class NettyTunBenchmark extends PacketBenchmark {

    private final ByteBuf packet = writeIp(PooledByteBufAllocator.DEFAULT.directBuffer(IP_BYTES));
    private DefaultEventLoopGroup group;

    @Override
    Channel open(ChannelInboundHandlerAdapter handler) throws InterruptedException {
        group = new DefaultEventLoopGroup(1);
        return new Bootstrap()
                .group(group)
                .channel(TunChannel.class)
                .handler(handler)
                .bind(new TunAddress(DEVICE))
                .sync()
                .channel();
    }

    @Override
    void route() {
        // A TUN has no neighbors to know.
    }

    @Override
    Object message() {
        return new Tun4Packet(packet.retainedDuplicate());
    }

    @Override
    void shutDown() throws InterruptedException {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        packet.release();
    }
}
