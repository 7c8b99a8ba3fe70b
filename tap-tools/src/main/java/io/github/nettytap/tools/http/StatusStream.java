/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Server-sent events (HTML Living Standard, section 9.2): the ports once a second, made once for all that listen. Of
 * one event loop.
 */
final class StatusStream {

    static final int MAX_STREAMS = 16;

    private final EventLoop loop;
    private final StatusText text;
    private final Set<Channel> channels = new LinkedHashSet<>();
    private Future<?> ticking;

    StatusStream(EventLoop loop, StatusText text) {
        this.loop = loop;
        this.text = text;
    }

    /** False if there are enough. */
    boolean add(ChannelHandlerContext context) {
        Channel channel = context.channel();
        if (channels.size() >= MAX_STREAMS || channels.contains(channel)) {
            return false;
        }
        channels.add(channel);
        channel.closeFuture().addListener(closed -> remove(channel));
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(CONTENT_TYPE, "text/event-stream").set(CACHE_CONTROL, "no-store");
        HttpUtil.setTransferEncodingChunked(response, true);
        context.write(response);
        context.writeAndFlush(new DefaultHttpContent(event()));
        if (ticking == null) {
            ticking = loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
        }
        return true;
    }

    private void remove(Channel channel) {
        channels.remove(channel);
        if (channels.isEmpty() && ticking != null) {
            ticking.cancel(false);
            ticking = null;
        }
    }

    private ByteBuf event() {
        return Unpooled.copiedBuffer("data: " + text.ports() + "\n\n", StandardCharsets.UTF_8);
    }

    private void tick() {
        ByteBuf event = event();
        try {
            for (Channel channel : channels) {
                // Who does not read misses this one, and is idle in the end.
                if (channel.isWritable()) {
                    channel.writeAndFlush(new DefaultHttpContent(event.retainedDuplicate()));
                }
            }
        } finally {
            event.release();
        }
    }
}
