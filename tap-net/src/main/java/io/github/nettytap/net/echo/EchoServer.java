/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;

/** Puts the responder on a TAP: the whole pipeline. */
public final class EchoServer {

    private EchoServer() {}

    /**
     * Starts to answer.
     *
     * @param device an open device with a virtio-net header, which the channel closes with itself
     * @param loops what drives the channel
     * @param echo the responder
     * @return the channel, which closes when the device is deleted
     * @throws InterruptedException if the thread is interrupted while the channel is registered; the channel stays open
     */
    public static TapChannel start(TapDevice device, EventLoopGroup loops, EchoHandler echo)
            throws InterruptedException {
        return (TapChannel) new Bootstrap()
                .group(loops)
                .channelFactory(TapChannel.factory(device))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new VirtioNetCodec(device.vnetHeader())) // packets to frames and back
                                .addLast(echo);
                    }
                })
                .register()
                .sync()
                .channel();
    }
}
