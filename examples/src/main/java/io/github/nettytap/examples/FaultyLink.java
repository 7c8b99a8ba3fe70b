/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.codec.fault.FaultHandler;
import io.github.nettytap.transport.channel.TapAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;

import java.time.Duration;

/**
 * A cable between tap0 and tap1 that is 20 ms long and loses every tenth frame: what an application makes of it.
 *
 * <p>As root, in two terminals; the TAPs are moved and set up as for {@link TwoPortSwitch}:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.FaultyLink
 *   tap0 and tap1 are joined, with losses
 *                                        # ip netns exec left ping -i 0.01 -c 100 10.0.0.2
 *                                        100 packets transmitted, 81 received, 19% packet loss, time 1243ms
 *                                        rtt min/avg/max/mdev = 40.1/40.2/40.5/0.1 ms
 *                                        # ip -n left link delete tap0; ip -n right link delete tap1
 *   lost: 11 from tap0 to tap1, 9 back
 * </pre>
 *
 * <p>The seed makes the losses the same each time. In tests, {@code HostLink} of tap-testkit does this in one line.
 */
public final class FaultyLink {

    private static final long SEED = 7;

    private FaultyLink() {}

    /** Runs until the interfaces are deleted. */
    public static void main(String[] arguments) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().threads(1).build();
        FaultHandler faults = FaultHandler.builder(SEED)
                .drop(0.1)
                .delay(Duration.ofMillis(20))
                .build();
        Relay toLeft = new Relay();
        Relay toRight = new Relay();
        toLeft.target = bind(group, "tap0", faults, toRight); // faults in both directions
        toRight.target = bind(group, "tap1", toLeft);
        toLeft.target.config().setAutoRead(true);
        toRight.target.config().setAutoRead(true);
        System.out.println("tap0 and tap1 are joined, with losses");

        toLeft.target.closeFuture().sync();
        toRight.target.closeFuture().sync();
        System.out.println("lost: " + faults.inboundCounters().dropped() + " from tap0 to tap1, "
                + faults.outboundCounters().dropped() + " back");
        group.shutdownGracefully().sync();
    }

    private static Channel bind(TapEventLoopGroup group, String tap, ChannelHandler... handlers)
            throws InterruptedException {
        return new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_UP, true)
                .option(ChannelOption.AUTO_READ, false) // until each knows the other
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers);
                    }
                })
                .bind(TapAddress.of(tap))
                .sync()
                .channel();
    }

    /** Writes what it reads to the other channel, and flushes once for a batch. */
    private static final class Relay extends ChannelInboundHandlerAdapter {

        private Channel target;

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            target.write(frame);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            target.flush();
        }

        /** The interface was deleted: the channel closes itself after this. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            System.err.println(cause.getMessage());
        }
    }
}
