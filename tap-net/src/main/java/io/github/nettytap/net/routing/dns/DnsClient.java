/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

/** Who asks, and how it is answered. */
public interface DnsClient {

    /** The port behind which it is. */
    RouterPort port();

    /** The upper half of its address, IPv4 mapped. */
    long high();

    /** The lower half of its address. */
    long low();

    /** What tells its queries from others of the host: its UDP port. */
    int socket();

    /** How long an answer may be at most, whatever the client says. */
    int mostBytes();

    /**
     * Answers.
     *
     * @param message owned by this method
     */
    void answer(ByteBuf message);
}
