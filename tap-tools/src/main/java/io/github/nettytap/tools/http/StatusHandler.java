/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_SECURITY_POLICY;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.NetUtil;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;

/** Answers requests, each by its path. */
final class StatusHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";

    /** Prometheus text format 0.0.4. */
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    /** Nothing from anywhere else, and nothing in the page itself that a name of a port could become. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** What a path answers. */
    private record Resource(String type, Supplier<String> text) {}

    private final Map<String, Resource> resources;
    private final StatusStream stream;

    StatusHandler(StatusText text, StatusStream stream) {
        this.stream = stream;
        resources = Map.of(
                "/", page("text/html; charset=utf-8", "page.html"),
                "/page.css", page("text/css; charset=utf-8", "page.css"),
                "/page.js", page("text/javascript; charset=utf-8", "page.js"),
                "/health", new Resource(TEXT, () -> "ok\n"),
                "/metrics", new Resource(PROMETHEUS, text::prometheus),
                "/api/v1/ports", new Resource(JSON, text::ports),
                "/api/v1/fdb", new Resource(JSON, text::fdb),
                "/api/v1/topology", new Resource(JSON, text::topology));
    }

    private static Resource page(String type, String name) {
        return new Resource(type, () -> {
            try (InputStream in = StatusHandler.class.getResourceAsStream(name)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        String path = path(request.uri());
        Resource resource = resources.get(path);
        if (!request.decoderResult().isSuccess()) {
            answer(context, request, HttpResponseStatus.BAD_REQUEST, TEXT, "not HTTP\n");
        } else if (!isForUs(request.headers().get(HOST))) {
            answer(
                    context,
                    request,
                    HttpResponseStatus.MISDIRECTED_REQUEST,
                    TEXT,
                    "the Host of the request is a name (expected: localhost or an IP address)\n");
        } else if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            answer(context, request, HttpResponseStatus.METHOD_NOT_ALLOWED, TEXT, "for reading only: GET or HEAD\n");
        } else if (path.equals("/api/v1/events")) {
            if (!stream.add(context)) {
                answer(context, request, HttpResponseStatus.SERVICE_UNAVAILABLE, TEXT, "too many streams of events\n");
            }
        } else if (resource == null) {
            answer(
                    context,
                    request,
                    HttpResponseStatus.NOT_FOUND,
                    TEXT,
                    "no such path (expected: /, /metrics, /health, /api/v1/ports, /api/v1/fdb, /api/v1/topology or"
                            + " /api/v1/events)\n");
        } else {
            answer(
                    context,
                    request,
                    HttpResponseStatus.OK,
                    resource.type(),
                    resource.text().get());
        }
    }

    private static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    /** Names can be pointed here by anybody; addresses cannot. */
    static boolean isForUs(String host) {
        if (host == null) {
            return false;
        }
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end > 0 && NetUtil.isValidIpV6Address(host.substring(1, end));
        }
        int colon = host.indexOf(':');
        String name = colon < 0 ? host : host.substring(0, colon);
        return name.equalsIgnoreCase("localhost") || NetUtil.isValidIpV4Address(name);
    }

    private static void answer(
            ChannelHandlerContext context,
            FullHttpRequest request,
            HttpResponseStatus status,
            String type,
            String text) {
        boolean head = request.method().equals(HttpMethod.HEAD);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, ByteBufUtil.writeUtf8(context.alloc(), head ? "" : text));
        response.headers()
                .set(CONTENT_TYPE, type)
                .set(CACHE_CONTROL, "no-store")
                .set("X-Content-Type-Options", "nosniff")
                .set(CONTENT_SECURITY_POLICY, POLICY);
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(ALLOW, "GET, HEAD");
        }
        HttpUtil.setContentLength(
                response,
                head ? ByteBufUtil.utf8Bytes(text) : response.content().readableBytes());
        boolean stays = HttpUtil.isKeepAlive(request) && status.equals(HttpResponseStatus.OK);
        HttpUtil.setKeepAlive(response, stays);
        ChannelFuture written = context.writeAndFlush(response);
        if (!stays) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        // A stream of events is written to all the time, unless its client does not read.
        if (event instanceof IdleStateEvent) {
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
