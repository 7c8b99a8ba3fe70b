/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.packet;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.openjdk.jmh.annotations.Param;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Our channel on a TAP, whose packets have an Ethernet header. */
public class TapBenchmark extends PacketBenchmark {

    private static final int ETHERNET_BYTES = 14;
    private static final int IPV4 = 0x0800;

    @Param({"epoll", "io_uring"})
    String io;

    private TapEventLoopGroup group;
    private ByteBuf frame;

    @Override
    Channel open(ChannelInboundHandlerAdapter handler) throws Exception {
        group = TapEventLoopGroup.builder()
                .threads(1)
                .io(TapIoType.valueOf(io.toUpperCase(Locale.ROOT)))
                .build();
        TapDevice device = TapDevice.builder(DEVICE).vnetHeader(false).open();
        frame = PooledByteBufAllocator.DEFAULT.directBuffer(ETHERNET_BYTES + IP_BYTES);
        frame.writeBytes(device.mac().toBytes())
                .writeBytes(MacAddress.parse("02:00:00:00:00:02").toBytes());
        writeIp(frame.writeShort(IPV4));
        Channel channel = new TapChannel(device.queues().get(0));
        channel.pipeline().addLast(handler);
        group.register(channel).sync();
        return channel;
    }

    @Override
    void route() throws IOException, InterruptedException {
        ip("neigh", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", DEVICE, "nud", "permanent");
    }

    @Override
    Object message() {
        return frame.retainedDuplicate();
    }

    @Override
    void shutDown() throws InterruptedException {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        frame.release();
    }
}
