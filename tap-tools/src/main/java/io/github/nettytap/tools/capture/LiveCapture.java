/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.ReferenceCountUtil;

/** Capture of all that the kernel sends into a TAP: the whole pipeline. */
public final class LiveCapture {

    private LiveCapture() {}

    /**
     * Starts to capture.
     *
     * @param device an open device, which the channel closes with itself
     * @param loops what drives the channel
     * @param capture where the frames go
     * @param filter which of them
     * @return the channel, which closes when the device is deleted
     */
    public static Channel start(TapDevice device, EventLoopGroup loops, Capture capture, FrameFilter filter)
            throws Exception {
        CaptureInterface tap =
                CaptureInterface.ethernet(device.name()).withDescription("TAP").withMac(device.mac());
        return new Bootstrap()
                .group(loops)
                .channelFactory(TapChannel.factory(device))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new CaptureHandler(capture, tap, device.vnetHeader(), filter)) // takes copies
                                .addLast(new End());
                    }
                })
                .register()
                .sync()
                .channel();
    }

    /** Where frames end that were only to be seen. */
    private static final class End extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }

        /** A device that is gone closes the channel, and who waits for that tells it: it is no news of the pipeline. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof TapException) {
                context.close();
            } else {
                context.fireExceptionCaught(cause);
            }
        }
    }
}
