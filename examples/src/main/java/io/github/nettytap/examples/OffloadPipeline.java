/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.codec.offload.ChecksumOffloadHandler;
import io.github.nettytap.codec.offload.CoalescingHandler;
import io.github.nettytap.codec.offload.SegmentationHandler;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;

/**
 * What a network card does, as handlers: between tap0, which has every offload, and tap1, which has none, GSO frames
 * are segmented with complete checksums in one direction, and frames are coalesced into GSO frames in the other.
 *
 * <p>As root, in two terminals; the TAPs are moved and set up as for {@link TwoPortSwitch}:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.OffloadPipeline
 *   tap0 and tap1 are joined
 *                                        # ip netns exec right iperf3 -s -D
 *                                        # ip netns exec left iperf3 -c 10.0.0.2 -t 3
 *                                        # ip netns exec left iperf3 -c 10.0.0.2 -t 3 -R
 *                                        # ip -n left link delete tap0; ip -n right link delete tap1
 *   tap0 to tap1: 51234 GSO frames segmented
 *   tap1 to tap0: 2134567 frames coalesced into 63456
 * </pre>
 */
public final class OffloadPipeline {

    private OffloadPipeline() {}

    /** Runs until the interfaces are deleted. */
    public static void main(String[] arguments) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().threads(1).build();
        TapDevice offloading = open("tap0", OffloadRequest.BEST_AVAILABLE);
        TapDevice plain = open("tap1", OffloadRequest.NONE);
        SegmentationHandler segmentation = SegmentationHandler.outbound(plain.vnetHeader());
        CoalescingHandler coalescing = new CoalescingHandler();

        Relay toPlain = new Relay();
        Relay toOffloading = new Relay();
        toOffloading.target = register(group, offloading, new VirtioNetCodec(offloading.vnetHeader()), toPlain);
        toPlain.target = register(
                group,
                plain,
                new VirtioNetCodec(plain.vnetHeader()),
                ChecksumOffloadHandler.completing(), // of frames that need no segmentation
                segmentation,
                coalescing,
                toOffloading);
        // Only now, when each knows the other.
        toOffloading.target.config().setAutoRead(true);
        toPlain.target.config().setAutoRead(true);
        System.out.println("tap0 and tap1 are joined");

        toOffloading.target.closeFuture().sync();
        toPlain.target.closeFuture().sync();
        System.out.println("tap0 to tap1: " + segmentation.gsoFrames() + " GSO frames segmented");
        System.out.println(
                "tap1 to tap0: " + coalescing.received() + " frames coalesced into " + coalescing.delivered());
        group.shutdownGracefully().sync();
    }

    private static TapDevice open(String tap, OffloadRequest offloads) throws Exception {
        return TapDevice.builder(tap)
                .vnetHeader(true)
                .offloads(offloads)
                .up(true)
                .open();
    }

    private static Channel register(TapEventLoopGroup group, TapDevice device, ChannelHandler... handlers)
            throws InterruptedException {
        return new Bootstrap()
                .group(group)
                .channelFactory(TapChannel.factory(device))
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers);
                    }
                })
                .register()
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
