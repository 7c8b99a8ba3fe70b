/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.netty.buffer.ByteBuf;

import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** The way to name servers. On the event loop of the router. */
public interface Upstream {

    /** No way to any name server, for routers that serve no DNS: whoever is asked does not answer. */
    Upstream NONE = (query, server, replies) -> () -> {};

    /**
     * Asks a name server by UDP.
     *
     * @param query still the caller's
     * @param server whom to ask
     * @param replies gets each message that the server sends, as the owner of the buffer, until the exchange is ended;
     *     null once it is clear that none will come. Never called before this method has returned.
     * @return the exchange, which the caller ends
     */
    Exchange ask(ByteBuf query, InetSocketAddress server, Consumer<ByteBuf> replies);

    /** A query under way. */
    interface Exchange {

        /** Nobody waits for replies any more. May be called again. */
        void end();
    }
}
