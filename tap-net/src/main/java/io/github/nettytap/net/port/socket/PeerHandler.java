/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.github.nettytap.net.port.FrameCounters;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Stands between the socket and the handler of the port: counts bare frames, reports when a peer has come and why it
 * has gone, and keeps what a peer does wrong from looking like a fault of the port.
 */
final class PeerHandler extends ChannelDuplexHandler {

    private final String name;
    private final SocketPort.Observer observer;

    /** Whether a failed send is the end of the peer, as on a stream. */
    private final boolean stream;

    private final FrameCounters counters;
    private final Runnable gone;

    private String reason = SocketPort.CLOSED;
    private boolean connected;

    PeerHandler(String name, boolean stream, FrameCounters counters, Runnable gone, SocketPort.Observer observer) {
        this.name = name;
        this.stream = stream;
        this.counters = counters;
        this.gone = gone;
        this.observer = observer;
    }

    /** Whoever closes the channel from this side says why. */
    void reason(String reason) {
        this.reason = reason;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        connected = true;
        context.fireChannelActive();
        if (context.channel().isActive()) {
            observer.connected(name);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        context.fireChannelInactive();
        if (connected) {
            connected = false;
            observer.disconnected(name, reason);
        }
    }

    /** After all else: the name of the peer may be another's from now on. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        gone.run();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        counters.received(((ByteBuf) message).readableBytes());
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        counters.sent(((ByteBuf) message).readableBytes());
        context.write(message, promise);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof DecoderException) {
            reason = cause.getMessage();
            context.close();
        } else if (cause instanceof ClosedChannelException) {
            // A frame that was still to be sent; the channel is gone already.
            return;
        } else if (cause instanceof IOException) {
            if (stream) {
                reason = cause.getMessage();
                context.close();
            }
            // A datagram that could not be sent is a lost frame, and the next one may arrive.
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
