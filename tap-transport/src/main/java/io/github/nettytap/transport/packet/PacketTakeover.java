/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.packet;

/** How a channel takes a packet socket over: for {@code transport.channel} alone, as {@code QueueTakeover} is. */
public final class PacketTakeover {

    private static volatile Taker taker;

    private PacketTakeover() {}

    /** The inside of the socket's class. */
    public interface Taker {
        PacketCalls take(Object socket, Runnable closeRequest);
    }

    /** Called by the socket's class when it is initialized, so before there is a socket to take. */
    public static void provide(Taker provided) {
        taker = provided;
    }

    /**
     * Takes a socket over.
     *
     * @param socket a {@code PacketSocket}
     * @param closeRequest run when somebody closes the socket; on any thread, and more than once
     * @return the socket for the one who took it, and who alone closes it from now on
     * @throws IllegalStateException if the socket is taken or closed already
     */
    public static PacketCalls take(Object socket, Runnable closeRequest) {
        return taker.take(socket, closeRequest);
    }
}
