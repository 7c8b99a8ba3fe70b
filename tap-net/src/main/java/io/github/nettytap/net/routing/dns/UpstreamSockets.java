/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.net.port.socket.SocketChannels;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;

import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * Asks name servers by sockets of this process, in the network namespace where they are opened: which needs no
 * privilege, and no route of the router.
 *
 * <p>Each query has a socket of its own, which is connected: the kernel draws its port at random and lets nothing in
 * that does not come from the server's address and port (RFC 5452).
 */
public final class UpstreamSockets implements Upstream {

    /** More than is asked for, so that what is too long is seen to be. */
    private static final int RECEIVE_BYTES = 4_096;

    private final EventLoop loop;
    private final Class<? extends Channel> channel;

    /**
     * For a router.
     *
     * @param loop its event loop, on epoll or io_uring
     */
    public UpstreamSockets(EventLoop loop) {
        this.loop = loop;
        channel = SocketChannels.of(loop).datagram(false);
    }

    @Override
    public Exchange ask(ByteBuf query, InetSocketAddress server, Consumer<ByteBuf> replies) {
        Replies handler = new Replies(replies);
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(channel)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVE_BYTES))
                .handler(handler);
        ByteBuf message = query.retainedDuplicate();
        bootstrap.connect(server).addListener(done -> {
            Channel socket = ((ChannelFuture) done).channel();
            if (!done.isSuccess() || handler.isEnded) {
                message.release();
                socket.close();
                loop.execute(handler::fail);
                return;
            }
            handler.channel = socket;
            socket.writeAndFlush(message).addListener(written -> {
                if (!written.isSuccess()) {
                    handler.fail();
                }
            });
        });
        return handler;
    }

    /** The end of the pipeline of a socket. */
    private static final class Replies extends ChannelInboundHandlerAdapter implements Exchange {
        private final Consumer<ByteBuf> replies;
        private Channel channel;
        private boolean isEnded;

        Replies(Consumer<ByteBuf> replies) {
            this.replies = replies;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (isEnded) {
                ReferenceCountUtil.release(message);
            } else {
                replies.accept(((DatagramPacket) message).content());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            fail();
        }

        /** Nobody listens there, as ICMP has said. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            fail();
        }

        private void fail() {
            if (!isEnded) {
                end();
                replies.accept(null);
            }
        }

        @Override
        public void end() {
            isEnded = true;
            if (channel != null) {
                channel.close();
            }
        }
    }
}
