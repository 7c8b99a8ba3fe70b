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
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.ReferenceCountUtil;

import java.io.IOException;

/** All that the kernel sends into a TAP, of which the program is the other end: capture is the whole pipeline. */
public final class TapSource implements LiveSource {

    private final TapDevice device;
    private TapChannel channel;
    private CaptureLink.Restore queue;
    private long before;

    private TapSource(TapDevice device) {
        this.device = device;
    }

    /**
     * Opens a TAP.
     *
     * @param name its name
     * @param isCreated whether to make it if it is not there
     * @param offloads what the kernel may leave undone, which the file notes
     */
    public static TapSource open(String name, boolean isCreated, OffloadRequest offloads) throws IOException {
        return new TapSource(CaptureLink.builder(name, isCreated)
                .vnetHeader(offloads != OffloadRequest.NONE)
                .offloads(offloads)
                .up(true)
                .open());
    }

    /** The device. */
    public TapDevice device() {
        return device;
    }

    @Override
    public TapChannel start(EventLoopGroup loops, Capture capture, FrameFilter filter) throws Exception {
        queue = CaptureLink.lengthenQueue(device);
        before = device.statistics().transmitDrops();
        CaptureInterface tap =
                CaptureInterface.ethernet(device.name()).withDescription("TAP").withMac(device.mac());
        channel = (TapChannel) new Bootstrap()
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
        return channel;
    }

    @Override
    public long end() throws IOException {
        if (!channel.isOpen()) {
            return 0;
        }
        long lost = device.statistics().transmitDrops() - before;
        queue.close();
        return lost;
    }

    @Override
    public void close() {
        device.close();
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
