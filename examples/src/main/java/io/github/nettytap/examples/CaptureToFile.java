/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.channel.TapAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.util.ReferenceCountUtil;

import java.nio.file.Path;

/**
 * Writes what passes a pipeline to a pcapng file, by one handler: here all that the kernel sends into tap0.
 *
 * <p>As root, in two terminals:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.CaptureToFile tap0.pcapng
 *   tap0 is captured
 *                                        # ip address add 10.0.0.1/24 dev tap0
 *                                        # ping -c 3 10.0.0.2
 *                                        # ip link delete tap0
 *   12 frames captured, 0 dropped
 *                                        # tcpdump -n -r tap0.pcapng arp
 *                                        ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28
 * </pre>
 */
public final class CaptureToFile {

    private CaptureToFile() {}

    /** Runs until the interface is deleted. */
    public static void main(String[] arguments) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        // The file is written by a thread of its own: the event loop never waits for the disk.
        Capture capture = Capture.toFile(Path.of(arguments[0])).start();
        Channel tap = new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_UP, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new CaptureHandler(capture, CaptureInterface.ethernet("tap0"), VnetHeader.NONE))
                                .addLast(new Application());
                    }
                })
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        System.out.println("tap0 is captured");
        tap.closeFuture().sync();
        capture.close(); // writes what is still in memory
        System.out.println(capture.captured() + " frames captured, " + capture.dropped() + " dropped");
        group.shutdownGracefully().sync();
    }

    /** What the frames are for, in this example nothing. */
    private static final class Application extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            ReferenceCountUtil.release(frame);
        }

        /** The interface was deleted: the channel closes itself after this. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            System.err.println(cause.getMessage());
        }
    }
}
