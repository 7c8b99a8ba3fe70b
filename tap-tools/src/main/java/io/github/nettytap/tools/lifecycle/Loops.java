/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;

import java.util.concurrent.TimeUnit;

/** One event loop, ended with the command that uses it. */
public record Loops(TapEventLoopGroup group) implements AutoCloseable {

    private static final long SHUTDOWN_SECONDS = 10;

    public static Loops of(String name, TapIoType io) {
        return new Loops(TapEventLoopGroup.builder().io(io).name(name).build());
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
