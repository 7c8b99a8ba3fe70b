/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.transport.channel.TapAddress;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;

import java.net.InetSocketAddress;

/**
 * A layer-2 VPN: each frame of tap0 travels to the other end in a UDP datagram of its own, unencrypted.
 *
 * <p>As root, on two machines, each with the address of the other:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.FrameTunnel 192.0.2.2
 *   tap0 leads to 192.0.2.2
 *                                        # ip address add 10.0.0.1/24 dev tap0      (10.0.0.2 on the other)
 *                                        # ping -c 3 10.0.0.2
 *                                        64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.4 ms
 * </pre>
 */
public final class FrameTunnel {

    private static final int PORT = 5555;

    /** 1500 less the outer IPv4 and UDP headers, and the Ethernet header of the frame. */
    private static final int MTU = 1500 - 20 - 8 - 14;

    private FrameTunnel() {}

    /** Runs until the interface is deleted. */
    public static void main(String[] arguments) throws Exception {
        InetSocketAddress remote = new InetSocketAddress(arguments[0], PORT);
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        ToTap toTap = new ToTap(remote);
        Channel socket = new Bootstrap()
                .group(group)
                .channel(group.datagramChannelClass())
                .handler(toTap)
                .bind(PORT)
                .sync()
                .channel();
        Channel tap = new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_UP, true)
                .option(TapChannelOption.TAP_MTU, MTU)
                .handler(new ToSocket(socket, remote))
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        toTap.tap = tap;
        System.out.println("tap0 leads to " + arguments[0]);
        tap.closeFuture().sync();
        group.shutdownGracefully().sync();
    }

    /** Puts frames into datagrams. The buffer is passed on, not copied; the socket releases it. */
    private static final class ToSocket extends ChannelInboundHandlerAdapter {

        private final Channel socket;
        private final InetSocketAddress remote;

        ToSocket(Channel socket, InetSocketAddress remote) {
            this.socket = socket;
            this.remote = remote;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            socket.write(new DatagramPacket((ByteBuf) frame, remote), socket.voidPromise());
        }

        /** Once for a batch of frames: Netty sends all of them by one sendmmsg. */
        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            socket.flush();
        }

        /** The interface was deleted: the channel closes itself after this. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            System.err.println(cause.getMessage());
        }
    }

    /** Takes frames out of datagrams. */
    private static final class ToTap extends ChannelInboundHandlerAdapter {

        private final InetSocketAddress remote;
        private volatile Channel tap;

        ToTap(InetSocketAddress remote) {
            this.remote = remote;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket datagram = (DatagramPacket) message;
            if (tap != null && datagram.sender().equals(remote)) {
                tap.write(datagram.content(), tap.voidPromise());
            } else {
                datagram.release();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (tap != null) {
                tap.flush();
            }
        }

        /** Such as "connection refused", as long as the other end does not run. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            System.err.println("socket: " + cause.getMessage());
        }
    }
}
