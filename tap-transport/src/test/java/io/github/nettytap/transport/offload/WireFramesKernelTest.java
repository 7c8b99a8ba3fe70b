/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.Checksums;
import io.github.nettytap.codec.offload.WireFrames;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.channel.TapAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.OffloadRequest;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** An application of complete frames, ten lines long, carries TCP between two hosts with all offloads underneath. */
@KernelTest
class WireFramesKernelTest {

    private static final int MTU = 1_500;

    private NetworkNamespace left;
    private NetworkNamespace right;
    private TapEventLoopGroup group;

    private final AtomicInteger incomplete = new AtomicInteger();
    private final AtomicInteger longest = new AtomicInteger();
    private final AtomicLong frames = new AtomicLong();

    /** Writes each frame to the other channel. */
    private final class Wire extends ChannelInboundHandlerAdapter {

        private volatile Channel other;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            look((ByteBuf) msg);
            other.write(msg);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            other.flush();
        }
    }

    private void look(ByteBuf frame) {
        frames.incrementAndGet();
        longest.accumulateAndGet(frame.readableBytes(), Math::max);
        if (Checksums.verify(frame, frame.readerIndex(), frame.writerIndex()) == Checksums.Result.WRONG) {
            incomplete.incrementAndGet();
        }
    }

    private TapChannel tap(NetworkNamespace namespace, Wire wire) {
        return (TapChannel) new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_OFFLOADS, OffloadRequest.BEST_AVAILABLE)
                .option(TapChannelOption.TAP_NAMESPACE, namespace)
                .option(TapChannelOption.TAP_UP, true)
                .option(ChannelOption.AUTO_READ, false)
                .handler(WireFrames.around(wire))
                .bind(TapAddress.of("tap0"))
                .syncUninterruptibly()
                .channel();
    }

    @ParameterizedTest
    @EnumSource
    void tcpCrossesAnApplicationOfCompleteFrames(TapIoType io) throws Exception {
        group = TapEventLoopGroup.builder().threads(1).io(io).build();
        left = host();
        right = host();
        Wire toRight = new Wire();
        Wire toLeft = new Wire();
        TapChannel leftTap = tap(left, toRight);
        TapChannel rightTap = tap(right, toLeft);
        toRight.other = rightTap;
        toLeft.other = leftTap;
        leftTap.device().addAddress(Cidr.parse("10.77.0.1/24"));
        rightTap.device().addAddress(Cidr.parse("10.77.0.2/24"));
        leftTap.config().setAutoRead(true);
        rightTap.config().setAutoRead(true);

        OffloadPipelineKernelTest.transfer(left, right, "10.77.0.2");
        OffloadPipelineKernelTest.transfer(right, left, "10.77.0.1");

        assertThat(incomplete).hasValue(0);
        assertThat(longest).hasValue(14 + MTU);
        assertThat(leftTap.counters().framesReceived()).as("GSO frames came in").isLessThan(frames.get() / 2);
        assertThat(rightTap.counters().framesSent()).as("GSO frames left").isLessThan(frames.get() / 2);
    }

    private static NetworkNamespace host() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
        return namespace;
    }

    @AfterEach
    void close() {
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).syncUninterruptibly();
        left.close();
        right.close();
    }
}
