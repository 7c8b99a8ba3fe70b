/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.net.port.socket.SocketChannels;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
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

    private static final int CONNECT_TIMEOUT_MILLIS = 1_500;
    private static final int MOST_BY_TCP = 65_535;

    /** More than is asked for, so that what is too long is seen to be. */
    private static final int RECEIVE_BYTES = 4_096;

    private final EventLoop loop;
    private final SocketChannels channels;

    /**
     * For a router.
     *
     * @param loop its event loop, on epoll or io_uring
     */
    public UpstreamSockets(EventLoop loop) {
        this.loop = loop;
        channels = SocketChannels.of(loop);
    }

    @Override
    public Exchange ask(ByteBuf query, InetSocketAddress server, boolean stream, Consumer<ByteBuf> replies) {
        Replies handler = new Replies(replies);
        Bootstrap bootstrap = new Bootstrap().group(loop).handler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (stream) {
                    // RFC 1035, section 4.2.2: each message behind its length.
                    channel.pipeline()
                            .addLast(
                                    new LengthFieldBasedFrameDecoder(MOST_BY_TCP + 2, 0, 2, 0, 2),
                                    new LengthFieldPrepender(2));
                }
                channel.pipeline().addLast(handler);
            }
        });
        if (stream) {
            bootstrap
                    .channel(channels.client(false))
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
        } else {
            bootstrap
                    .channel(channels.datagram(false))
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVE_BYTES));
        }
        ByteBuf message = query.retainedDuplicate();
        bootstrap.connect(server).addListener(done -> {
            Channel channel = ((io.netty.channel.ChannelFuture) done).channel();
            if (!done.isSuccess() || handler.isEnded) {
                message.release();
                channel.close();
                loop.execute(handler::fail);
                return;
            }
            handler.channel = channel;
            channel.writeAndFlush(message).addListener(written -> {
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
                replies.accept(message instanceof DatagramPacket packet ? packet.content() : (ByteBuf) message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            fail();
        }

        /** Nobody listens there, as ICMP has said, or the stream is none of messages. */
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
