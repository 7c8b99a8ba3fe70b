/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Stands between the socket and the handler of the port: tells when a peer has come and why it has gone, and keeps what a
 * peer does wrong from looking like a fault of the port.
 */
final class PeerHandler extends ChannelInboundHandlerAdapter {

    private final String name;
    private final SocketPort.Observer observer;

    /** Whether a failed send is the end of the peer, as on a stream. */
    private final boolean stream;

    private String reason = "closed by the peer";
    private boolean connected;

    PeerHandler(String name, boolean stream, SocketPort.Observer observer) {
        this.name = name;
        this.stream = stream;
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
