/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;

import java.net.SocketAddress;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** A stream socket that connects, and connects again after each loss. All of it on one event loop. */
final class StreamClient extends SocketPort.Opened {

    static final int FIRST_DELAY_MILLIS = 100;
    static final int LAST_DELAY_MILLIS = 10_000;
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

    private final SocketPort.Builder settings;
    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final String name;
    private final Promise<Void> closed;

    private int delay = FIRST_DELAY_MILLIS;
    private boolean closing;
    private Channel current;
    private ScheduledFuture<?> next;

    /** Said once until there was a connection, not at each try. */
    private boolean refusalTold;

    private volatile boolean connected;

    StreamClient(SocketPort.Builder settings, EventLoopGroup group) {
        this.settings = settings;
        name = settings.address().toString();
        loop = group.next();
        closed = loop.newPromise();
        boolean unix = settings.address().remote() instanceof DomainSocketAddress;
        bootstrap = new Bootstrap()
                .group(loop)
                .channel(SocketChannels.of(group).client(unix))
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, settings.waterMark())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        settings.streamPipeline(channel, name, () -> {});
                    }
                });
        if (!unix) {
            bootstrap.option(ChannelOption.TCP_NODELAY, true).option(ChannelOption.SO_KEEPALIVE, true);
        }
        loop.execute(this::connect);
    }

    private void connect() {
        if (closing) {
            return;
        }
        ChannelFuture connecting = bootstrap.connect(settings.address().remote());
        current = connecting.channel();
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                established();
            } else {
                refused(done.cause());
            }
        });
    }

    private void established() {
        connected = true;
        refusalTold = false;
        long since = System.nanoTime();
        current.closeFuture().addListener(gone -> {
            connected = false;
            // A peer that hangs up at once is not asked again at once.
            if (System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(LAST_DELAY_MILLIS)) {
                delay = FIRST_DELAY_MILLIS;
            }
            again();
        });
    }

    private void refused(Throwable cause) {
        if (!refusalTold && !closing) {
            refusalTold = true;
            settings.observer().refused(name, cause.getMessage());
        }
        again();
    }

    /** A quarter of the delay is chance, so that a hundred clients of a switch do not return all at once. */
    private void again() {
        if (closing) {
            closed.trySuccess(null);
            return;
        }
        int jitter = ThreadLocalRandom.current().nextInt(delay / 4 + 1);
        next = loop.schedule(this::connect, delay - jitter, TimeUnit.MILLISECONDS);
        delay = Math.min(2 * delay, LAST_DELAY_MILLIS);
    }

    @Override
    SocketAddress bound() {
        return settings.address().remote();
    }

    @Override
    int peers() {
        return connected ? 1 : 0;
    }

    @Override
    Future<?> closeAsync() {
        loop.execute(() -> {
            if (closing) {
                return;
            }
            closing = true;
            if (next != null && next.cancel(false) || current == null) {
                closed.trySuccess(null);
            } else {
                // Its listeners complete the promise; a connection that is being made is closed as well.
                current.close();
            }
        });
        return closed;
    }
}
